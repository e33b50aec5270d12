// The stores of the services that a service follows, to look into.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_ORIGINS_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_ORIGINS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/resource/schema.h"
#include "common/store/views.h"
#include "common/time/clock.h"
#include "google/protobuf/any.pb.h"

namespace rapport::admin {

struct OriginOptions {
  resource::Schema schema;
  std::string store;  // its address
};
using OriginsOptions = std::map<std::string, OriginOptions>;  // by service

// One table of an origin, with all that is needed to hear of its rows as a follower does.
struct Original {
  store::OpenOptions options;
  store::Views* views = nullptr;
  const store::Table* table = nullptr;
  std::string type_url = {};

  google::protobuf::Any Change(const store::Row& row) const;
};

class Origins {
 public:
  // Errors as store::OpenViews. What was opened lives as long as this.
  static absl::StatusOr<std::unique_ptr<Origins>> Open(const OriginsOptions& options,
                                                       const time::Clock& clock);
  // Null if the origin was not given.
  absl::StatusOr<const Original*> Of(const resource::Copies& copies);

 private:
  struct Opened {
    resource::Schema schema;
    store::OpenOptions options;
    std::unique_ptr<store::Views> views;
    std::map<std::string, Original> tables;
  };
  std::map<std::string, Opened> opened_;
};

// SERVICE=STORE, e.g. contact=sqlite:contact.db.
absl::StatusOr<std::pair<std::string, std::string>> ParseOrigin(const std::string& text);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_ORIGINS_H_
