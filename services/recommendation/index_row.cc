#include "services/recommendation/index_row.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/text/locale.h"

namespace rapport::recommendation {
namespace {

// Counts the layouts of IndexEntry.
constexpr std::int64_t kLayout = 3000 + static_cast<std::int64_t>(sizeof(IndexEntry));

}  // namespace

const store::Table& IndexRow::table() {
  static const auto* const table = new store::Table{"worklist",
                                                    {{"relationship", store::ColumnType::kText},
                                                     {"stewards", store::ColumnType::kText},
                                                     {"zone", store::ColumnType::kText},
                                                     {"layout", store::ColumnType::kInt},
                                                     {"sequence", store::ColumnType::kInt},
                                                     {"entry", store::ColumnType::kBytes}},
                                                    1,
                                                    {},
                                                    4};
  return *table;
}

store::Row IndexRow::ToRow() const {
  if (gone) return {id, std::string(), std::string(), kLayout, std::int64_t{0}, std::string()};
  IndexEntry plain = entry;
  std::string zone;
  if (plain.head.has_zone) zone = plain.tail.zone.name();
  std::string bytes(sizeof(plain), '\0');
  std::memcpy(bytes.data(), &plain, sizeof(plain));
  // The zone is a pointer inside the process: its name is kept instead.
  std::memset(bytes.data() + offsetof(IndexEntry, tail) + offsetof(EntryTail, zone), 0,
              sizeof(plain.tail.zone));
  return {id, absl::StrJoin(stewards, ","), zone, kLayout, std::int64_t{0}, std::move(bytes)};
}

absl::optional<IndexRow> IndexRow::FromRow(const store::Row& row) {
  const std::string& bytes = store::AsText(row[5]);
  if (bytes.empty()) return IndexRow{.id = store::AsText(row[0]), .gone = true};
  if (store::AsInt(row[3]) != kLayout || bytes.size() != sizeof(IndexEntry)) return absl::nullopt;
  IndexRow out;
  out.id = store::AsText(row[0]);
  if (!store::AsText(row[1]).empty()) out.stewards = absl::StrSplit(store::AsText(row[1]), ',');
  std::memcpy(&out.entry, bytes.data(), sizeof(IndexEntry));
  out.entry.tail.zone = absl::UTCTimeZone();
  if (!store::AsText(row[2]).empty()) {
    out.entry.tail.zone = text::LoadIanaZone(store::AsText(row[2])).value_or(absl::UTCTimeZone());
  }
  return out;
}

}  // namespace rapport::recommendation
