// A filter that is bound to descriptors. For filter*.cc alone.
#ifndef RAPPORT_COMMON_RESOURCE_FILTER_NODE_H_
#define RAPPORT_COMMON_RESOURCE_FILTER_NODE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/resource/filter.h"
#include "common/resource/filter_syntax.h"
#include "google/protobuf/descriptor.h"

namespace rapport::resource {

// One step from a message to what is compared.
struct FilterStep {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string key = {};  // of a map
  bool has_key = false;
};

struct FilterNode {
  FilterTree::Kind kind = FilterTree::Kind::kAll;
  std::vector<FilterNode> parts = {};
  // A restriction.
  std::size_t source = 0;  // which message of the scope
  std::vector<FilterStep> path = {};
  Comparator comparator = Comparator::kEqual;
  // What the value is compared as; kPresence needs no operand.
  enum class Operand { kPresence, kText, kSigned, kUnsigned, kReal, kBool, kTime, kDuration };
  Operand operand = Operand::kPresence;
  // Between the stars; in lower case where words are looked for.
  std::vector<std::string> text = {};
  std::int64_t number = 0;  // also of enums and yes or no
  std::uint64_t natural = 0;
  double real = 0;
  absl::Time time = {};
  absl::Duration duration = {};
};

absl::StatusOr<FilterNode> BindFilter(const FilterTree& tree, const Filter::Scope& scope);

// The message that a Measure is, by its name.
bool IsMeasure(const google::protobuf::Descriptor* type);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_FILTER_NODE_H_
