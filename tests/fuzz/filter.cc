// Filters and orders of lists: any text is refused or read, and what is read can be evaluated; a
// filter and its negation never agree; what a filter pins is so in whatever fits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/resource/filter.h"
#include "common/resource/filter_syntax.h"
#include "common/resource/list_order.h"
#include "rapport/cache/v1/cache_service.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace {

using rapport::resource::Filter;
using rapport::resource::ListOrder;

rapport::contact::v1::Person Ana() {
  rapport::contact::v1::Person ana;
  ana.set_name("tenants/home/people/ana");
  ana.set_full_name("Ana Sousa");
  ana.set_revision(7);
  ana.add_labels("press");
  ana.add_labels("");
  auto* id = ana.add_external_ids();
  id->set_source("shop");
  id->set_id("42");
  ana.mutable_name_components()->set_given("Ana");
  ana.mutable_create_time()->set_seconds(1767225600);
  auto* day = ana.add_anniversaries();
  day->set_kind(rapport::contact::v1::Anniversary::BIRTH);
  day->mutable_date()->set_month(2);
  return ana;
}

rapport::engagement::v1::Rapport Standing() {
  rapport::engagement::v1::Rapport rapport;
  rapport.set_vitality(rapport::engagement::v1::DRIFTING);
  rapport.mutable_health()->set_value(0.5);
  rapport.mutable_health()->set_status(rapport::type::v1::MEASURE_STATUS_OK);
  rapport.add_question_mix(0.25);
  return rapport;
}

template <class M>
void Check(absl::string_view text, const M& message) {
  const auto filter = Filter::Parse(text, M::descriptor());
  if (filter.ok()) {
    const bool fits = filter->Matches(message);
    M example;
    for (const auto* field : filter->Pin(&example)) {
      // Only plain fields can be pinned.
      if (field->is_repeated() || field->message_type() != nullptr) std::abort();
    }
    if (!filter->empty()) {
      const auto negated = Filter::Parse(absl::StrCat("NOT (", text, ")"), M::descriptor());
      // It may be over a limit by then.
      if (negated.ok() && negated->Matches(message) == fits) std::abort();
    }
  }
  const auto order = ListOrder::Parse(text, M::descriptor());
  if (order.ok() && order->Before(order->PlaceOf(message), order->PlaceOf(message))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* const ana = new rapport::contact::v1::Person(Ana());
  static const auto* const standing = new rapport::engagement::v1::Rapport(Standing());
  static const auto* const counters = [] {
    auto* out = new rapport::cache::v1::CacheCounters;
    (*out->mutable_bypasses())["off"] = 3;
    return out;
  }();
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  Check(text, *ana);
  Check(text, *standing);
  Check(text, *counters);
  return 0;
}
