// Filters (AIP-160) over any message: checked against its descriptor once, evaluated per message.
//
//   text       = and != take "*" for any text; < and > compare bytes; ":" looks for the words
//              anywhere, ASCII letters in either case
//   numbers, true/false, enum values by name, RFC 3339 times, durations in seconds ("1.5s")
//   Measure    stands for its value; absent unless its status is OK
//   list       =, != and ":" ask for one element that equals; ":" alone goes on through a list of
//              messages (`external_ids.source:"shop"`)
//   map        the name behind it is a key; ":" asks for a key
//   field:*    whether it is set
//   a yes-or-no field may stand alone (`orphaned`, `NOT orphaned`)
//
// What is absent (a message or an optional field that is not set) fits no comparison, != too; a
// list without such an element fits !=. NOT turns the answer round.
#ifndef RAPPORT_COMMON_RESOURCE_FILTER_H_
#define RAPPORT_COMMON_RESOURCE_FILTER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

struct FilterNode;

// Immutable; thread-safe; cheap to copy.
class Filter {
 public:
  // What a filter may speak of. A field is sought in the messages in their order.
  struct Scope {
    std::vector<const google::protobuf::Descriptor*> messages;
    std::vector<std::pair<std::string, std::string>> aliases = {};  // another word for a field
  };
  // INVALID_ARGUMENT (FILTER_SYNTAX): not the grammar of filter_syntax.h, no such field, or a
  // comparison that makes no sense for its type. An empty text fits everything.
  static absl::StatusOr<Filter> Parse(absl::string_view text, const Scope& scope);
  static absl::StatusOr<Filter> Parse(absl::string_view text,
                                      const google::protobuf::Descriptor* message) {
    return Parse(text, Scope{{message}});
  }

  bool Matches(const google::protobuf::Message& message) const { return MatchesAll({&message}); }
  // One message for each of the scope, in the same order.
  bool MatchesAll(absl::Span<const google::protobuf::Message* const> messages) const;

  // Sets in `example`, a message of the scope's first type, the plain fields that must equal one
  // value in whatever fits, and returns them.
  std::vector<const google::protobuf::FieldDescriptor*> Pin(
      google::protobuf::Message* example) const;
  // Whether everything fits.
  bool empty() const { return root_ == nullptr; }

 private:
  std::shared_ptr<const FilterNode> root_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_FILTER_H_
