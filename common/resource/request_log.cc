#include "common/resource/request_log.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/values.h"

namespace rapport::resource {
namespace {

constexpr int kForgetAtOnce = 16;

// For each row the name of its table, the number of its key's values, and these.
store::Value Touched(const store::Tx& tx) {
  std::vector<store::Value> values;
  for (const store::TouchedRow& row : tx.touched()) {
    values.emplace_back(row.table->name);
    values.emplace_back(static_cast<std::int64_t>(row.key.size()));
    values.insert(values.end(), row.key.begin(), row.key.end());
  }
  return values.empty() ? store::Value() : store::Value(store::EncodeValues(values));
}

absl::Status TouchAgain(store::Tx& tx, absl::string_view touched) {
  const auto values = store::DecodeValues(touched);
  if (!values) return errors::Bug();
  for (auto at = absl::MakeConstSpan(*values); at.size() > 2;) {
    const auto size = static_cast<std::size_t>(store::AsInt(at[1]));
    RETURN_IF_ERROR(tx.Touch(store::AsText(at[0]), at.subspan(2, size)));
    at = at.subspan(std::min(at.size(), 2 + size));
  }
  return absl::OkStatus();
}

}  // namespace

const store::Table& RequestLog::table() {
  static const auto* const table = new store::Table{"requests",
                                                    {{"key", store::ColumnType::kBytes},
                                                     {"time", store::ColumnType::kInt},
                                                     {"request", store::ColumnType::kBytes},
                                                     {"answer", store::ColumnType::kBytes},
                                                     {"touched", store::ColumnType::kBytes}},
                                                    1,
                                                    {{"requests_by_time", {1, 0}, false}},
                                                    -1};
  return *table;
}

RequestLog::Entry RequestLog::EntryFor(const base::CallContext& context,
                                       absl::string_view request_id,
                                       const google::protobuf::Message& request) {
  Entry entry;
  if (request_id.empty()) return entry;
  entry.now = context.now;
  entry.key = base::Sha256(absl::StrCat(context.principal, "\n", context.method, "\n",
                                        absl::AsciiStrToLower(request_id)));
  const std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  copy->GetReflection()->ClearField(copy.get(),
                                    copy->GetDescriptor()->FindFieldByName("request_id"));
  entry.request_hash = base::Sha256(copy->SerializeAsString());
  return entry;
}

absl::StatusOr<absl::optional<std::string>> RequestLog::Find(store::Tx& tx, const Entry& entry) {
  const std::vector<store::Value> key{entry.key};
  ASSIGN_OR_RETURN(auto row, tx.Get(table(), key));
  if (!row || absl::FromUnixMicros(store::AsInt((*row)[1])) + kKept < entry.now) {
    return absl::optional<std::string>();
  }
  if (store::AsText((*row)[2]) != entry.request_hash) return errors::RequestIdReused();
  RETURN_IF_ERROR(TouchAgain(tx, store::AsText((*row)[4])));
  return absl::optional<std::string>(store::AsText((*row)[3]));
}

absl::Status RequestLog::Keep(store::Tx& tx, const Entry& entry, std::string answer,
                              absl::Time now) {
  const std::int64_t oldest = absl::ToUnixMicros(now - kKept);
  std::vector<std::string> stale;
  store::Range range;
  range.index = 0;
  range.limit = kForgetAtOnce;
  RETURN_IF_ERROR(tx.Scan(table(), range, [&](store::Row& row) {
    if (store::AsInt(row[1]) >= oldest) return false;
    stale.push_back(store::AsText(row[0]));
    return true;
  }));
  for (auto& key : stale) {
    const std::vector<store::Value> stale_key{std::move(key)};
    RETURN_IF_ERROR(tx.Delete(table(), stale_key));
  }
  return tx
      .Put(table(), store::Row{entry.key, absl::ToUnixMicros(now), entry.request_hash,
                               std::move(answer), Touched(tx)})
      .status();
}

}  // namespace rapport::resource
