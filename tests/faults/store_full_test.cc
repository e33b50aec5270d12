// The volume of a store is full: writes are refused without partial effect, reads go on, and with
// space comes back what was possible before, without a restart.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "tests/harness/house.h"

namespace rapport::tests {
namespace {

namespace contact = rapport::contact::v1;
namespace engagement = rapport::engagement::v1;

// A volume of 24 MiB of this process alone; "" if it may not be made.
std::string MakeVolume() {
  std::string pattern = absl::StrCat(::testing::TempDir(), "/volume-XXXXXX");
  const std::string folder = mkdtemp(pattern.data());
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("rapport", folder.c_str(), "tmpfs", 0, "size=24m") != 0) {
    rmdir(folder.c_str());
    return "";
  }
  return folder;
}

// Writes until nothing more fits.
void Fill(const std::string& file) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  const std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())) && out.flush()) {
  }
}

engagement::RecordEngagementRequest Mail(const std::string& relationship, int n) {
  engagement::RecordEngagementRequest request;
  request.set_relationship(relationship);
  auto* said = request.mutable_engagement();
  said->set_source("mail");
  said->set_source_id(absl::StrCat(n));
  *said->mutable_event_time() = time::ToProto(At("2026-01-01") + absl::Minutes(n));
  said->set_kind(engagement::Engagement::MESSAGE);
  said->set_direction(engagement::Engagement::IN);
  said->set_conduct(engagement::Engagement::HUMAN);
  said->set_subject(std::string(900, 's'));
  return request;
}

// Proves: P04
TEST(StoreFull, RefusesWritesGoesOnReadingAndRecoversWithoutRestart) {
  const std::string volume = MakeVolume();
  if (volume.empty()) GTEST_SKIP() << "NOT TESTED: making a small volume needs root";
  {
    House house({.now = At("2026-03-01"),
                 .flags = {{"engagement", {absl::StrCat("--store=sqlite:", volume, "/e.db")}}}});
    contact::BatchUpsertPeopleRequest people;
    people.set_parent(house.parent());
    auto* item = people.add_people();
    item->mutable_external_id()->set_source("test");
    item->mutable_external_id()->set_id("1");
    item->mutable_person()->set_full_name("Nora");
    const std::string relationship =
        house
            .Must<contact::BatchUpsertPeopleResponse>(
                "rapport.contact.v1.PeopleService/BatchUpsertPeople", people)
            .results(0)
            .relationship();
    std::set<std::string> acknowledged;
    const auto record = [&](int n) {
      const auto answer = house.Call<engagement::Engagement>(
          "rapport.engagement.v1.EngagementService/RecordEngagement", Mail(relationship, n));
      if (answer.ok()) acknowledged.insert(absl::StrCat(n));
      return answer.status();
    };
    const auto count = [&] {
      engagement::GetRapportRequest request;
      request.set_name(relationship);
      return house
          .Must<engagement::Rapport>("rapport.engagement.v1.RapportService/GetRapport", request)
          .two_way_count();
    };
    const auto timeline = [&] {
      std::set<std::string> found;
      engagement::ListTimelineRequest request;
      request.set_parent(relationship);
      request.set_page_size(500);
      do {
        const auto page = house.Must<engagement::ListTimelineResponse>(
            "rapport.engagement.v1.EngagementService/ListTimeline", request);
        for (const auto& entry : page.entries()) {
          EXPECT_TRUE(found.insert(entry.engagement().source_id()).second);
        }
        request.set_page_token(page.next_page_token());
      } while (!request.page_token().empty());
      return found;
    };
    int n = 0;
    for (; n < 20; ++n) ASSERT_OK(record(n));

    const pid_t before = house.process("engagement").pid();
    int refused = 0;
    for (int round = 0; round < 3; ++round) {
      SCOPED_TRACE(round);
      Fill(volume + "/ballast");
      absl::Status full;
      for (int tries = 0; tries < 20000 && full.ok(); ++tries) full = record(n++);
      EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
      EXPECT_EQ(errors::ReasonOf(full), type::v1::STORE_FULL) << full;
      EXPECT_GT(errors::RetryAfter(full), absl::ZeroDuration());
      for (int more = 0; more < 10; ++more) {
        const absl::Status again = record(n++);
        EXPECT_EQ(errors::ReasonOf(again), type::v1::STORE_FULL) << again;
        ++refused;
      }
      // Reads go on, from memory and from the file, and show no part of what was refused.
      EXPECT_EQ(count(), static_cast<std::int64_t>(acknowledged.size()));
      EXPECT_EQ(timeline(), acknowledged);

      ASSERT_EQ(unlink((volume + "/ballast").c_str()), 0);
      EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return record(n++).ok(); }));
      ASSERT_OK(record(n++));
      EXPECT_EQ(timeline(), acknowledged);
      if (HasFailure()) break;
    }
    EXPECT_TRUE(house.process("engagement").Running());
    EXPECT_EQ(house.process("engagement").pid(), before);
    // What was acknowledged around the full volume also survives.
    house.Kill("engagement");
    house.Start("engagement");
    EXPECT_EQ(timeline(), acknowledged);
    EXPECT_EQ(count(), static_cast<std::int64_t>(acknowledged.size()));
    std::printf("%zu acknowledged, %d refused while full, none of them partly done\n",
                acknowledged.size(), refused);
  }
  umount2(volume.c_str(), MNT_DETACH);
  rmdir(volume.c_str());
}

}  // namespace
}  // namespace rapport::tests
