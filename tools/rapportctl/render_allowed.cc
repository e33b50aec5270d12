#include "tools/rapportctl/render_allowed.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "common/text/locale.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::ConsentEntry;
using contact::v1::ContactDecision;
using contact::v1::Relationship;

std::string What(type::v1::Purpose purpose) {
  switch (purpose) {
    case type::v1::PURPOSE_SERVICE:
      return "service";
    case type::v1::PURPOSE_CARE:
      return "care";
    case type::v1::PURPOSE_PROPOSAL:
      return "proposals";
    case type::v1::PURPOSE_ASK:
      return "asks";
    case type::v1::PURPOSE_COMMUNITY:
      return "invitations";
    case type::v1::PURPOSE_INTRODUCTION:
      return "introductions";
    default:
      return "any contact";
  }
}

std::string ByWay(type::v1::Channel channel) {
  switch (channel) {
    case type::v1::CHANNEL_UNSPECIFIED:
      return "";
    case type::v1::CHANNEL_PHONE:
      return " by call";
    case type::v1::CHANNEL_SMS:
      return " by short message";
    case type::v1::CHANNEL_IN_PERSON:
      return " in person";
    case type::v1::CHANNEL_SOCIAL:
      return " in a network";
    case type::v1::CHANNEL_OTHER:
      return " by other ways";
    default:
      return absl::StrCat(" by ", WordFor(channel, Ways()));
  }
}

std::string Place(const std::string& zone_name) {
  return absl::StrReplaceAll(zone_name.substr(zone_name.rfind('/') + 1), {{"_", " "}});
}

std::string Decided(ConsentEntry::Decision decision) {
  switch (decision) {
    case ConsentEntry::GRANT:
      return "allows ";
    case ConsentEntry::REFUSE:
      return "refused ";
    case ConsentEntry::WITHDRAW:
      return "withdrew ";
    default:
      return "said nothing of ";
  }
}

std::string Moment(const google::protobuf::Timestamp& t, const DayStyle& days) {
  return SayMoment(time::FromProto(t), days);
}

}  // namespace

std::string ConsentLine(const ConsentEntry& entry, const PointWords& points, const DayStyle& days) {
  std::string out =
      absl::StrCat(Decided(entry.decision()), What(entry.purpose()), ByWay(entry.channel()));
  if (!entry.contact_point().empty()) {
    const auto words = points.find(entry.contact_point());
    absl::StrAppend(&out, " at ",
                    Plain(words == points.end() ? entry.contact_point() : words->second));
  }
  if (!entry.house().empty()) absl::StrAppend(&out, " from ", Plain(entry.house()));
  std::vector<std::string> parts = {absl::StrCat(
      "since ",
      Moment(entry.has_effective_time() ? entry.effective_time() : entry.create_time(), days))};
  if (entry.has_expire_time()) {
    parts.push_back(
        absl::StrCat(time::FromProto(entry.expire_time()) <= days.now ? "ran out " : "until ",
                     Moment(entry.expire_time(), days)));
  }
  if (entry.decision() == ConsentEntry::GRANT &&
      entry.lawful_basis() != ConsentEntry::LAWFUL_BASIS_UNSPECIFIED) {
    parts.push_back(WordFor(entry.lawful_basis(), LawfulBases()));
  }
  if (!entry.evidence().text().empty()) {
    parts.push_back(absl::StrCat("\"", Plain(entry.evidence().text()), "\""));
  }
  if (!entry.evidence().source().empty()) parts.push_back(Plain(entry.evidence().source()));
  return absl::StrCat(out, " (", absl::StrJoin(parts, "; "), ")");
}

std::string RenderLedger(const std::vector<ConsentEntry>& entries, const PointWords& points,
                         const DayStyle& days, std::size_t width) {
  if (entries.empty()) return "They were never asked.\n";
  std::map<std::string, std::size_t> corrected;  // by which line
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].corrects().empty()) corrected[entries[i].corrects()] = i + 1;
  }
  std::string out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string text = ConsentLine(entries[i], points, days);
    if (const auto by = corrected.find(entries[i].name()); by != corrected.end()) {
      absl::StrAppend(&text, " · corrected by ", by->second);
    }
    absl::StrAppend(&out, Hanging(absl::StrFormat("%2d  ", i + 1), text, width));
  }
  return out;
}

std::string SayThere(absl::Time t, const std::string& zone_name, const DayStyle& days) {
  DayStyle there = days;
  std::string place;
  if (auto zone = text::LoadIanaZone(zone_name); zone.ok()) {
    there.zone = *zone;
    place = absl::StrCat(" in ", Place(zone_name));
  }
  if (there.exact) return SayMoment(t, there);
  if (absl::ToCivilDay(t, there.zone) == absl::ToCivilDay(there.now, there.zone)) {
    return absl::StrCat(absl::FormatTime("%H:%M", t, there.zone), place);
  }
  return absl::StrCat(absl::FormatTime("%A %-d %B, %H:%M", t, there.zone), place);
}

std::string RenderContact(const ContactDecision& decision, type::v1::Purpose purpose,
                          const DayStyle& days, std::size_t width) {
  const std::string zone = decision.time_zones().empty() ? "" : decision.time_zones(0);
  const std::string what = absl::StrCat(What(purpose), ByWay(decision.channel()));
  const bool one = purpose == type::v1::PURPOSE_SERVICE || purpose == type::v1::PURPOSE_CARE;
  std::string out;
  if (decision.permitted()) {
    std::string text = absl::StrCat("Yes: ", what, one ? " is" : " are", " welcome now");
    if (decision.has_window_end_time()) {
      absl::StrAppend(&text, ", until ",
                      SayThere(time::FromProto(decision.window_end_time()), zone, days));
    }
    out = Hanging("", absl::StrCat(text, "."), width);
  } else {
    out = absl::StrCat("Not now: ", what, one ? " is" : " are", " not welcome.\n");
    for (const auto& obstacle : decision.obstacles()) {
      absl::StrAppend(&out, Hanging("  ", obstacle.text(), width));
    }
    if (decision.has_next_permitted_time()) {
      absl::StrAppend(&out, decision.obstacles_size() > 1 ? "As for the hour: " : "",
                      decision.obstacles_size() > 1 ? "next " : "Next ", "possible: ",
                      SayThere(time::FromProto(decision.next_permitted_time()), zone, days), ".\n");
    }
  }
  if (decision.consent().verdict() == contact::v1::CONSENT_ALLOWED) out += "They allowed it.\n";
  if (!decision.language().empty()) {
    absl::StrAppend(&out, "Language: ", Plain(decision.language()), ".\n");
  }
  return out;
}

std::string StandingLine(const Relationship& relationship, const DayStyle& days) {
  std::string out;
  switch (relationship.standing()) {
    case contact::v1::RESTING:
      out = "The relationship rests";
      break;
    case contact::v1::QUIETED:
      out = "They asked us to stop reaching out";
      break;
    default:
      out = "The relationship is open";
  }
  if (relationship.standing() != contact::v1::OPEN && relationship.has_standing_time()) {
    absl::StrAppend(&out, ", since ", Moment(relationship.standing_time(), days));
  }
  if (relationship.standing() != contact::v1::OPEN && !relationship.standing_reason().empty()) {
    absl::StrAppend(&out, ": ", Plain(relationship.standing_reason()));
  }
  out += ".";
  if (relationship.has_care_guard()) {
    const auto& guard = relationship.care_guard();
    absl::StrAppend(&out, " A care guard stands since ", Moment(guard.set_time(), days), ": ",
                    Plain(guard.reason()), ". Nothing is offered or asked until you lift it.");
  }
  return out;
}

}  // namespace rapport::rapportctl
