// PostgreSQL gathers what bodies read and write, SQLite runs them as they come: whatever bodies do,
// alone or in groups, they must see and leave the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/contract_suite.h"
#include "common/store/values.h"

namespace rapport::store {
namespace {

constexpr int kRounds = 120;
constexpr int kMostBodies = 6;
constexpr int kMostSteps = 7;

struct Step {
  enum Kind { kGet, kScan, kPut, kInsert, kDelete, kExpect, kFail } kind;
  const Table* table;
  Row row;  // to write; its first values are the key to read or delete
  Range range;
};
using Plan = std::vector<Step>;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  int operator()(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }

 private:
  std::mt19937 random_;
};

// Few values, so that bodies meet; among them those that encodings stumble over.
Value SomeText(Dice& dice) {
  static const auto* const texts = new std::vector<std::string>{
      "", "a", std::string("a\0", 2), std::string("a\0b", 3), "a\1", "ab", "b", "\xc3\xa9"};
  return (*texts)[static_cast<std::size_t>(dice(static_cast<int>(texts->size())))];
}
Value SomeNumber(Dice& dice) {
  static const std::vector<std::int64_t> numbers = {INT64_MIN, -1, 0, 1, 255, INT64_MAX};
  return numbers[static_cast<std::size_t>(dice(static_cast<int>(numbers.size())))];
}
Value Some(Dice& dice, ColumnType type, bool nullable) {
  if (nullable && dice(4) == 0) return kNull;
  return type == ColumnType::kInt ? SomeNumber(dice) : SomeText(dice);
}

Row SomeRow(Dice& dice, const Table& table) {
  Row row;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    row.push_back(
        Some(dice, table.columns[i].type, i >= static_cast<std::size_t>(table.key_columns)));
  }
  return row;
}

Range SomeRange(Dice& dice, const Table& table) {
  Range range;
  range.index = dice(static_cast<int>(table.indexes.size()) + 1) - 1;
  std::vector<int> columns;
  if (range.index < 0) {
    for (int c = 0; c < table.key_columns; ++c) columns.push_back(c);
  } else {
    columns = table.indexes[static_cast<std::size_t>(range.index)].columns;
  }
  const int prefix = dice(static_cast<int>(columns.size()) + 1);
  const int behind = dice(2) == 0 ? 0 : dice(static_cast<int>(columns.size()) - prefix + 1);
  for (int i = 0; i < prefix + behind; ++i) {
    const auto column = static_cast<std::size_t>(columns[static_cast<std::size_t>(i)]);
    Value value = Some(dice, table.columns[column].type, i < prefix && dice(8) == 0);
    (i < prefix ? range.prefix : range.after).push_back(std::move(value));
  }
  range.descending = dice(2) == 0;
  range.limit = dice(3) == 0 ? 0 : 1 + dice(3);
  return range;
}

Plan SomePlan(Dice& dice) {
  Plan plan;
  const std::vector<const Table*> tables = {&People(), &Notes(), &Events()};
  const int steps = 1 + dice(kMostSteps);
  for (int i = 0; i < steps; ++i) {
    const Table* const table = tables[static_cast<std::size_t>(dice(3))];
    constexpr Step::Kind kKinds[] = {Step::kGet,    Step::kScan,  Step::kScan,   Step::kPut,
                                     Step::kPut,    Step::kPut,   Step::kInsert, Step::kDelete,
                                     Step::kExpect, Step::kExpect};
    plan.push_back({kKinds[dice(10)], table, SomeRow(dice, *table), SomeRange(dice, *table)});
  }
  if (dice(5) == 0) plan.push_back({Step::kFail, &People(), {}, {}});
  return plan;
}

// The sequence differs from engine to engine.
std::string Shown(const Table& table, Row row) {
  if (table.sequence_column >= 0) row[static_cast<std::size_t>(table.sequence_column)] = kNull;
  return EncodeValues(row);
}

std::vector<std::string> Rows(Reader& reader, const Table& table, const Range& range,
                              absl::Status* status) {
  std::vector<std::string> rows;
  *status = reader.Scan(table, range, [&](Row& row) {
    rows.push_back(Shown(table, std::move(row)));
    return true;
  });
  return rows;
}

// An error that says what the caller may do next, not what the store cannot do.
bool IsAnswer(const absl::Status& status) { return status.ok() || absl::IsAlreadyExists(status); }

absl::Status Run(const Plan& plan, Tx& tx, std::vector<std::string>* seen) {
  seen->clear();
  for (const Step& step : plan) {
    const Table& table = *step.table;
    absl::Status status;
    const auto key = absl::MakeConstSpan(step.row).first(
        step.row.empty() ? 0 : static_cast<std::size_t>(table.key_columns));
    switch (step.kind) {
      case Step::kGet: {
        const auto row = tx.Get(table, key);
        status = row.status();
        if (row.ok()) seen->push_back(row->has_value() ? Shown(table, **row) : "none");
        break;
      }
      case Step::kScan:
        for (std::string& row : Rows(tx, table, step.range, &status)) {
          seen->push_back(std::move(row));
        }
        break;
      case Step::kPut:
        status = tx.Put(table, step.row).status();
        break;
      case Step::kInsert:
        status = tx.Insert(table, step.row).status();
        break;
      case Step::kDelete:
        status = tx.Delete(table, key);
        break;
      case Step::kExpect:
        tx.Expect(table, step.range);
        break;
      case Step::kFail:
        return absl::CancelledError();
    }
    if (!IsAnswer(status)) return status;
    // A row may be refused for its key and for a value: either may be named.
    seen->push_back(status.ok() ? "ok" : "taken");
  }
  return absl::OkStatus();
}

struct Told {
  std::vector<std::string> seen;
  bool ok = false;
};

template <class Engine>
class OneStore : public StoreContract<Engine> {
 public:
  void TestBody() override {}
  std::vector<Told> RunTogether(const std::vector<Plan>& plans) {
    std::vector<Told> told(plans.size());
    Gate gate;
    this->Hold(gate);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      this->store_->Transact(
          {}, i % 5 == 4 ? Bolt() : Acme(),
          [&plan = plans[i], seen = &told[i].seen](Tx& tx) { return Run(plan, tx, seen); },
          [&ok = told[i].ok](absl::StatusOr<std::int64_t> done) { ok = done.ok(); });
    }
    gate.Open();
    for (const auto& tenant : {Acme(), Bolt()}) {
      EXPECT_OK(this->Try([](Tx&) { return absl::OkStatus(); }, tenant));
    }
    return told;
  }
  std::vector<std::string> Everything() {
    std::vector<std::string> all;
    for (const auto& tenant : {Acme(), Bolt()}) {
      const auto snapshot = this->Snap(tenant);
      for (const Table* table : {&People(), &Notes(), &Events()}) {
        for (int index = -1; index < static_cast<int>(table->indexes.size()); ++index) {
          absl::Status status;
          Range range;
          range.index = index;
          for (std::string& row : Rows(*snapshot, *table, range, &status)) {
            all.push_back(std::move(row));
          }
          EXPECT_OK(status);
        }
      }
    }
    return all;
  }
};

TEST(Engines, AgreeOnWhatBodiesSeeAndLeave) {
  OneStore<InMemory> sqlite;
  OneStore<OnPostgres> postgres;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    Dice dice(static_cast<std::uint32_t>(round));
    std::vector<Plan> plans(static_cast<std::size_t>(1 + dice(kMostBodies)));
    for (Plan& plan : plans) plan = SomePlan(dice);
    const auto expected = sqlite.RunTogether(plans);
    const auto told = postgres.RunTogether(plans);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      SCOPED_TRACE(absl::StrCat("body ", i));
      ASSERT_EQ(told[i].ok, expected[i].ok);
      ASSERT_EQ(told[i].seen, expected[i].seen);
    }
    ASSERT_EQ(postgres.Everything(), sqlite.Everything());
  }
}

}  // namespace
}  // namespace rapport::store
