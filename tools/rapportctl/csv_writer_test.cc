#include "tools/rapportctl/csv_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <variant>

#include "common/testing/matchers.h"
#include "tools/import/csv.h"
#include "tools/rapportctl/csv_mapping.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::contact::v1::ContactPoint;
using ::rapport::contact::v1::Person;

// Proves: C22
TEST(WriteCsv, IsReadBackWithoutAMapping) {
  Person ana;
  ana.set_uid("0190-uid");
  ana.set_full_name("Ana \"Aninha\" Lopes; Lda");
  ana.mutable_name_components()->set_surname("Lopes");
  ana.add_labels("friend");
  ana.add_labels("weaver");
  ana.add_languages("pt");
  ana.set_note("two,\nlines");
  auto* birth = ana.add_anniversaries();
  birth->set_kind(contact::v1::Anniversary::BIRTH);
  birth->mutable_date()->set_month(2);
  birth->mutable_date()->set_day(29);
  std::vector<ContactPoint> points(3);
  for (ContactPoint& point : points) point.set_kind(ContactPoint::EMAIL);
  points[0].set_value("a@a.example");
  points[1].set_value("b@a.example");
  points[1].set_rank(2);
  points[2].set_value("c@a.example");
  points[2].set_rank(1);

  std::istringstream in(CsvHead() + WriteCsv(ana, points));
  importer::CsvReader reader(&in, {.file = "people.csv"});
  const auto header = std::get<importer::CsvRecord>(*reader.Next()).fields;
  auto mapping = MappingOfHeader(header);
  ASSERT_OK(mapping);
  EXPECT_EQ(mapping->columns.size(), header.size()) << "every column is a field";
  const auto mapper = CsvMapper::Create(*mapping, header);
  ASSERT_OK(mapper);
  const auto back = mapper->PersonOf(std::get<importer::CsvRecord>(*reader.Next()).fields);
  ASSERT_OK(back);
  EXPECT_EQ(back->external_id().id(), "0190-uid");
  EXPECT_EQ(back->person().full_name(), ana.full_name());
  EXPECT_EQ(back->person().name_components().surname(), "Lopes");
  EXPECT_EQ(back->person().note(), ana.note());
  EXPECT_THAT(back->person().labels(), ::testing::ElementsAre("friend", "weaver"));
  EXPECT_EQ(back->person().anniversaries(0).date().month(), 2);
  ASSERT_EQ(back->contact_points_size(), 1);
  EXPECT_EQ(back->contact_points(0).value(), "c@a.example") << "the best one";
}

}  // namespace
}  // namespace rapport::rapportctl
