#include "common/base/id.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rapport::base {

bool IsIdSegment(absl::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  static constexpr auto kAllowed = [] {
    std::array<bool, 256> allowed = {};
    for (std::size_t c = 'a'; c <= 'z'; ++c) allowed[c] = true;
    for (std::size_t c = '0'; c <= '9'; ++c) allowed[c] = true;
    allowed['-'] = true;
    return allowed;
  }();
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

}  // namespace rapport::base
