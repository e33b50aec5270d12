// One resource of every type in a running house, and what is in its stores.
#ifndef RAPPORT_TESTS_MATRIX_HOUSE_WORLD_H_
#define RAPPORT_TESTS_MATRIX_HOUSE_WORLD_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tests/harness/house.h"

namespace rapport::tests {

class World {
 public:
  // Makes the resources. `id` keeps several worlds in one house apart.
  World(House* house, const std::string& id);

  // The name of the resource of this type, e.g. "rapport/Person". The test fails if there is none.
  std::string NameOf(absl::string_view type) const;
  // As NameOf, in the state that the method moves: UndeletePerson gets a deleted person.
  std::string NameFor(absl::string_view method, absl::string_view type) const;
  const std::string& parent() const { return parent_; }

 private:
  const std::string parent_;
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, std::string, std::less<>> names_for_;  // by "Method type"
};

// Every row of every table of a store file but the feed cursors, as one number and a count of rows
// by table.
struct StoreContent {
  std::map<std::string, std::int64_t> rows;
  std::map<std::string, std::size_t> content;
  friend bool operator==(const StoreContent&, const StoreContent&) = default;
};
StoreContent ReadStore(const std::string& path);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_MATRIX_HOUSE_WORLD_H_
