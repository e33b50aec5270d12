#include "tools/rapport-admin/origins.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

google::protobuf::Any Original::Change(const store::Row& row) const {
  google::protobuf::Any any;
  any.set_type_url(type_url);
  any.set_value(store::AsText(row.back()));
  return any;
}

absl::StatusOr<std::unique_ptr<Origins>> Origins::Open(const OriginsOptions& options,
                                                       const time::Clock& clock) {
  auto origins = std::make_unique<Origins>();
  for (const auto& [service, origin] : options) {
    Opened opened{origin.schema, OptionsFor(origin.schema, origin.store, clock)};
    ASSIGN_OR_RETURN(opened.views, store::OpenViews(opened.options));
    origins->opened_.emplace(service, std::move(opened));
  }
  return origins;
}

absl::StatusOr<const Original*> Origins::Of(const resource::Copies& copies) {
  const auto found = opened_.find(copies.origin);
  if (found == opened_.end()) return nullptr;
  Opened& opened = found->second;
  for (const resource::Body& body : opened.schema.bodies) {
    if (body.table->name != copies.original) continue;
    Original& original = opened.tables[copies.original];
    original = {opened.options, opened.views.get(), body.table,
                absl::StrCat("type.googleapis.com/", body.message->GetDescriptor()->full_name())};
    return &original;
  }
  return errors::Bug();
}

absl::StatusOr<std::pair<std::string, std::string>> ParseOrigin(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--origin: ", text, " is not SERVICE=STORE, e.g. contact=sqlite:contact.db"));
  }
  return std::make_pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace rapport::admin
