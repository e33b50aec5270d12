#include "tools/rapportctl/render_needs.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/money.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::CareEvent;
using engagement::v1::Fact;
using engagement::v1::Need;
using engagement::v1::Sale;
using engagement::v1::SlotCoverage;
using engagement::v1::TrustAccount;
using engagement::v1::TrustPosting;
using engagement::v1::Understanding;

constexpr std::size_t kSlotColumns = 13;
constexpr double kWorthAsking = 0.05;
constexpr std::size_t kPartColumns = 18;
constexpr std::size_t kMovedColumns = 5;

std::string Lower(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

std::string When(const google::protobuf::Timestamp& t, const DayStyle& days) {
  return SayWhen(time::FromProto(t), days);
}

std::string Since(const google::protobuf::Timestamp& t, const DayStyle& days) {
  return absl::StrCat(" since ", SayMoment(time::FromProto(t), days));
}

std::string NeedState(const Need& need, const DayStyle& days) {
  switch (need.state()) {
    case Need::SENSED:
      return absl::StrCat("sensed ", When(need.stated_time(), days));
    case Need::BEING_SERVED:
      return absl::StrCat("being served", Since(need.state_time(), days));
    case Need::SERVED:
      return absl::StrCat("served ", When(need.state_time(), days));
    case Need::OUTLIVED:
      return absl::StrCat(
          "over", Since(need.state_time(), days),
          need.outlived_said_by() == type::v1::PARTY_PERSON ? ", as they said" : ", as we see it");
    default:
      return absl::StrCat("stated ", When(need.stated_time(), days));
  }
}

std::string Parts(const std::vector<std::string>& parts) {
  return parts.empty() ? "" : absl::StrCat(" (", absl::StrJoin(parts, "; "), ")");
}

std::string MeasureWords(const type::v1::Measure& measure) {
  switch (measure.status()) {
    case type::v1::MEASURE_STATUS_OK:
      return absl::StrFormat("%.2f", measure.value());
    case type::v1::MEASURE_STATUS_INSUFFICIENT:
      return "too little to say";
    default:
      return "not known yet";
  }
}

std::string WhereSaid(const Fact& fact, const DayStyle& days) {
  std::vector<std::string> parts;
  if (!fact.said_in().empty()) parts.push_back(Plain(fact.said_in()));
  const auto& t = fact.has_said_time() ? fact.said_time() : fact.create_time();
  parts.push_back(SayMoment(time::FromProto(t), days));
  if (fact.said_by() != type::v1::PARTY_PERSON) {
    parts.push_back(fact.confirmed_by() == type::v1::PARTY_PERSON ? "we inferred it, they confirmed"
                                                                  : "we inferred it");
  }
  return absl::StrJoin(parts, ", ");
}

void PostingLine(const TrustPosting& posting, const SourceWords& sources, const DayStyle& days,
                 std::size_t columns, std::size_t width, std::string* out) {
  std::string moved;
  if (posting.credit() > 0 || posting.debit() == 0) {
    absl::StrAppendFormat(&moved, "+%.2f", posting.credit());
  }
  if (posting.debit() > 0) {
    absl::StrAppend(&moved, moved.empty() ? "" : " ", "−",
                    absl::StrFormat("%.2f", posting.debit()));
  }
  const auto words = sources.find(posting.source());
  std::string text = Plain(posting.reason());
  if (words != sources.end()) absl::StrAppend(&text, " (", words->second, ")");
  absl::StrAppend(
      out,
      Hanging(absl::StrCat(
                  "  ", Pad(SayMoment(time::FromProto(posting.time()), days), columns), "  ",
                  Pad(Lower(engagement::v1::TrustAccount_Name(posting.account())), kPartColumns),
                  Pad(moved, kMovedColumns), "  "),
              text, width));
}

}  // namespace

std::string NeedLine(const Need& need, const DayStyle& days) {
  std::vector<std::string> parts = {NeedState(need, days)};
  if (need.state() != Need::OUTLIVED && need.state() != Need::SERVED) {
    if (need.wants_to_buy()) {
      parts.emplace_back("they asked to buy");
    } else if (need.explicit_()) {
      parts.emplace_back("they want it solved");
    }
  }
  if (need.recurrence_days() > 0) {
    parts.push_back(
        absl::StrCat("comes back after about ", std::llround(need.recurrence_days()), " days"));
  }
  std::string out = absl::StrCat(
      need.origin() == type::v1::PARTY_PERSON || need.state() != Need::SENSED ? "they need: "
                                                                              : "we sense: ",
      Plain(need.summary()), Parts(parts));
  if (!need.topics().empty()) {
    absl::StrAppend(&out, " · ", Plain(absl::StrJoin(need.topics(), ", ")));
  }
  return out;
}

std::string SaleLine(const Sale& sale, const DayStyle& days) {
  std::string stage = WordFor(sale.stage(), SaleStages());
  if (sale.stage() == Sale::DECLINED_FOR_NOW) stage = "declined for now";
  const auto& t = sale.moves().empty() ? sale.sale_time() : sale.moves().rbegin()->time();
  std::vector<std::string> parts = {absl::StrCat(stage, " ", When(t, days))};
  parts.emplace_back(sale.led_by() == type::v1::PARTY_PERSON ? "they asked for it"
                                                             : "we proposed it");
  if (std::string money = MoneyWords(sale.amount()); !money.empty()) parts.push_back(money);
  if (!sale.after_care().empty()) parts.emplace_back("after-care promised");
  return absl::StrCat("sale: ", Plain(sale.summary()), Parts(parts));
}

std::string CareEventLine(const CareEvent& event) {
  std::vector<std::string> parts = {Lower(CareEvent::Kind_Name(event.kind()))};
  const auto& date = event.date();
  if (date.month() > 0) {
    parts[0] += date.year() > 0 ? absl::StrFormat(", %04d-%02d", date.year(), date.month())
                                : absl::StrFormat(", --%02d", date.month());
    if (date.day() > 0) absl::StrAppendFormat(&parts[0], "-%02d", date.day());
  } else if (date.year() > 0) {
    absl::StrAppendFormat(&parts[0], ", %04d", date.year());
  }
  parts.emplace_back(event.said_by() == type::v1::PARTY_PERSON ? "their words" : "noted by us");
  return absl::StrCat("their life: ", Plain(event.text()), Parts(parts));
}

std::string RenderUnderstanding(const Understanding& understanding, const std::vector<Fact>& facts,
                                const DayStyle& days, std::size_t width) {
  std::string out = absl::StrCat(
      "Understood: ", MeasureWords(understanding.coverage()),
      " of 1 · their share of the talk: ", MeasureWords(understanding.listening()), "\n\n");
  for (const SlotCoverage& slot : understanding.slots()) {
    std::string prefix = Pad(Capitalised(Lower(Fact::Slot_Name(slot.slot()))), kSlotColumns);
    if (slot.facts().empty()) absl::StrAppend(&out, prefix, "–\n");
    for (const auto& known : slot.facts()) {
      absl::StrAppend(&out, Hanging(prefix,
                                    absl::StrCat(Plain(known.fact().text()), "  (",
                                                 WhereSaid(known.fact(), days),
                                                 absl::StrFormat("; counts %.2f)", known.value())),
                                    width));
      prefix.assign(kSlotColumns, ' ');
    }
  }
  std::string label = "In doubt";
  for (const Fact& fact : facts) {
    if (!fact.has_dispute_time() || !fact.superseded_by().empty()) continue;
    std::string text = absl::StrCat(
        Plain(fact.text()),
        fact.disputed_by() == type::v1::PARTY_PERSON ? "  (they say otherwise" : "  (we doubt it",
        fact.dispute_reason().empty() ? "" : ": ", Plain(fact.dispute_reason()), ")");
    absl::StrAppend(&out, Hanging(Pad(label, kSlotColumns), text, width));
    label.clear();
  }
  label = "Worth asking";
  for (const auto& gap : understanding.gaps()) {
    if (gap.questions().empty() || gap.missing() < kWorthAsking) continue;
    absl::StrAppend(&out, label == "Worth asking" ? "\n" : "",
                    Hanging(Pad(label, kSlotColumns + 1),
                            absl::StrCat("\"", Plain(gap.questions(0)), "\"  (",
                                         Lower(Fact::Slot_Name(gap.slot())),
                                         absl::StrFormat(", up to +%.2f)", gap.missing())),
                            width));
    label.clear();
  }
  return out;
}

std::string RenderTrust(const engagement::v1::Trust& trust, const SourceWords& sources,
                        const DayStyle& days, std::size_t width) {
  std::string out = absl::StrCat("Trust ", MeasureWords(trust.trust()), "\n");
  const auto part = [&](absl::string_view name, const type::v1::Measure& value,
                        absl::string_view remark) {
    absl::StrAppend(&out, "  ", Pad(name, kPartColumns), MeasureWords(value), remark, "\n");
  };
  part("credibility", trust.credibility(), "");
  part("reliability", trust.reliability(), "");
  part("intimacy", trust.intimacy(), "");
  part("self-orientation", trust.self_orientation(), "  the less, the better");
  if (trust.postings().empty()) return out;
  std::size_t columns = 0;
  for (const TrustPosting& posting : trust.postings()) {
    columns = std::max(columns, DisplayWidth(SayMoment(time::FromProto(posting.time()), days)));
  }
  absl::StrAppend(&out, "\nWhat it rests on\n");
  for (const TrustPosting& posting : trust.postings()) {
    PostingLine(posting, sources, days, columns, width, &out);
  }
  if (const int more = trust.posting_count() - trust.postings_size(); more > 0) {
    absl::StrAppend(&out, "  and ", Grouped(more), " more\n");
  }
  return out;
}

}  // namespace rapport::rapportctl
