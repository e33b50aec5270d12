// Serves rapport.feed.v1.ChangeFeedService from tables that carry a sequence: the table is the
// feed.
#ifndef RAPPORT_COMMON_RESOURCE_FEED_SERVICE_H_
#define RAPPORT_COMMON_RESOURCE_FEED_SERVICE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/rpc/method_table.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"

namespace rapport::resource {

// Thread-safe. Must outlive the server; the store must outlive it.
class FeedService {
 public:
  explicit FeedService(store::Store* store);
  ~FeedService();

  // Publishes the rows of `table`, whose bodies are serialized messages of `type`.
  void Publish(const store::Table& table, const google::protobuf::Descriptor* type);
  // As Publish, but only for those who ask for copies: another service owns these resources.
  void PublishCopy(const store::Table& table, const google::protobuf::Descriptor* type);
  void Register(rpc::MethodTable* table);

 private:
  class Source;
  struct Published {
    const store::Table* table;
    std::string type_url;
    bool copy;
  };
  int AddWake(std::function<void()> wake);
  void RemoveWake(int handle);

  store::Store* const store_;
  std::vector<Published> published_;
  base::Mutex mu_;
  std::map<int, std::function<void()>> wakes_ ABSL_GUARDED_BY(mu_);
  int next_handle_ ABSL_GUARDED_BY(mu_) = 0;
  int listener_ = -1;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_FEED_SERVICE_H_
