#include "common/text/collate.h"

#include <unicode/coll.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rapport::text {

class NameCollator::Impl {
 public:
  explicit Impl(std::unique_ptr<const icu::Collator> collator) : collator_(std::move(collator)) {}
  const icu::Collator& collator() const { return *collator_; }

 private:
  const std::unique_ptr<const icu::Collator> collator_;
};

NameCollator::NameCollator(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
NameCollator::~NameCollator() = default;

absl::StatusOr<std::unique_ptr<NameCollator>> NameCollator::Create() {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::Collator> collator(
      icu::Collator::createInstance(icu::Locale::getRoot(), error));
  if (U_FAILURE(error) || collator == nullptr) return absl::InternalError("no collation data");
  collator->setStrength(icu::Collator::SECONDARY);
  return std::unique_ptr<NameCollator>(
      new NameCollator(std::make_unique<const Impl>(std::move(collator))));
}

std::string NameCollator::SortKey(absl::string_view name) const {
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
  // Most names need fewer than 128 bytes of key.
  std::string key(128, '\0');
  const auto fill = [&] {
    return static_cast<std::size_t>(impl_->collator().getSortKey(
        text, reinterpret_cast<std::uint8_t*>(key.data()), static_cast<std::int32_t>(key.size())));
  };
  std::size_t needed = fill();
  if (needed > key.size()) {
    key.resize(needed);
    needed = fill();
  }
  key.resize(needed == 0 ? 0 : needed - 1);  // without ICU's closing NUL
  return key;
}

}  // namespace rapport::text
