#include "services/recommendation/rules/briefing.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/briefer.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/ties.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ChannelPreference;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::Sale;

constexpr std::int64_t kRecentUs = 30 * kMicrosPerDay;
constexpr double kMinTalkSeconds = 300;
constexpr double kTalkHalfLifeDays = 90;

absl::string_view ByWay(type::v1::Channel channel) {
  switch (channel) {
    case type::v1::CHANNEL_PHONE:
      return "by telephone";
    case type::v1::CHANNEL_EMAIL:
      return "by mail";
    case type::v1::CHANNEL_SMS:
      return "by short message";
    case type::v1::CHANNEL_CHAT:
      return "by chat";
    case type::v1::CHANNEL_POST:
      return "by letter";
    case type::v1::CHANNEL_IN_PERSON:
      return "in person";
    case type::v1::CHANNEL_VIDEO:
      return "by video";
    case type::v1::CHANNEL_SOCIAL:
      return "in a social network";
    default:
      return "this way";
  }
}

std::string Clock(int minute) { return absl::StrFormat("%02d:%02d", minute / 60, minute % 60); }

}  // namespace

Briefer::Briefer(const RelationshipFacts& facts, const v1::Decision& decision, absl::Time as_of,
                 absl::TimeZone zone, bool full, type::v1::Channel occasion)
    : facts_(facts),
      decision_(decision),
      reading_(Read(facts)),
      us_(absl::ToUnixMicros(as_of)),
      as_of_(absl::FromUnixMicros(us_)),
      zone_(zone),
      full_(full),
      occasion_(occasion),
      say_(facts.person, as_of_, zone) {}

v1::Briefing Briefer::Run() {
  out_.set_relationship(facts_.relationship->name());
  out_.set_person(facts_.relationship->person());
  if (facts_.person != nullptr) out_.set_display_name(facts_.person->full_name());
  *out_.mutable_as_of() = time::ToProto(as_of_);
  About();
  Standing();
  SaidLast();
  WeOwe();
  TheyOwe();
  DoNotRaise();
  NotYet();
  Ask();
  Care();
  Gives();
  if (decision_.suggestions_size() > 0) *out_.mutable_next_step() = decision_.suggestions(0);
  *out_.mutable_degraded() = decision_.degraded();
  return std::move(out_);
}

void Briefer::About() {
  Lines& lines = *out_.mutable_about();
  if (facts_.person != nullptr) {
    const contact::v1::Person& person = *facts_.person;
    std::vector<absl::string_view> place;
    if (!person.organization().empty()) place.push_back(person.organization());
    if (!person.title().empty()) place.push_back(person.title());
    if (!place.empty()) Add(lines, absl::StrJoin(place, ", "), person.name());
    if (reading_.zone) {
      const std::string city = SayPlace(person.time_zone());
      Add(lines,
          absl::StrCat(city, city.empty() ? "" : ", ",
                       absl::FormatTime("%H:%M", as_of_, *reading_.zone), " there now"),
          person.name());
    }
    Occasion();
    if (!person.languages().empty()) {
      Add(lines,
          absl::StrCat("Languages: ", absl::StrJoin(person.languages(), ", ",
                                                    [](std::string* out, const std::string& tag) {
                                                      out->append(SayLanguage(tag));
                                                    })),
          person.name());
    }
    if (!person.pronouns().empty()) {
      Add(lines, absl::StrCat("Pronouns: ", person.pronouns()), person.name());
    }
  }
  if (facts_.preference != nullptr && !facts_.preference->wishes().empty()) {
    Add(lines, absl::StrCat("Likes to be reached: ", facts_.preference->wishes()),
        facts_.preference->name());
  }
  if (facts_.relationship->human_only()) {
    Add(lines, "Only humans may contact them", facts_.relationship->name());
  }
}

// What they think of the way by which contact is planned.
void Briefer::Occasion() {
  if (occasion_ == type::v1::CHANNEL_UNSPECIFIED || facts_.preference == nullptr) return;
  for (const ChannelPreference& own : facts_.preference->channels()) {
    if (own.channel() != occasion_) continue;
    std::string said;
    if (own.choice() == ChannelPreference::UNWANTED) {
      said = absl::StrCat("Does not want to be reached ", ByWay(occasion_));
    } else if (own.choice() == ChannelPreference::WISHED) {
      said = absl::StrCat("Likes best to be reached ", ByWay(occasion_));
    }
    std::vector<std::string> hours;
    for (const auto& window : own.windows()) {
      hours.push_back(
          absl::StrCat(Clock(window.begin_minute()), " to ", Clock(window.end_minute())));
    }
    if (own.choice() != ChannelPreference::UNWANTED && !hours.empty()) {
      absl::StrAppend(&said, said.empty() ? absl::StrCat("Reached ", ByWay(occasion_)) : "", " ",
                      Listed(hours), " their time");
    }
    if (!said.empty()) Add(*out_.mutable_about(), said, facts_.preference->name());
  }
}

void Briefer::Standing() {
  Lines& lines = *out_.mutable_standing();
  const contact::v1::Relationship& relation = *facts_.relationship;
  if (reading_.standing != contact::v1::OPEN) {
    std::string said = reading_.standing == contact::v1::QUIETED
                           ? absl::StrCat(say_.called.Start(), " asked you to stop reaching out")
                           : std::string("The relationship rests");
    if (relation.has_standing_time()) {
      absl::StrAppend(&said, reading_.standing == contact::v1::QUIETED ? ", " : " since ",
                      say_.Date(relation.standing_time().seconds()));
    }
    if (!relation.standing_reason().empty()) {
      absl::StrAppend(&said, ": ", relation.standing_reason());
    }
    Add(lines, absl::StrCat(said, "."), relation.name());
  }
  if (!reading_.known) {
    Add(lines, "How you last spoke is not known right now.", relation.name());
    return;
  }
  if (!reading_.met) {
    std::string said = "You have not spoken with each other yet";
    if (reading_.since_us != kNever) {
      absl::StrAppend(&said, "; known to you since ",
                      say_.Date(reading_.since_us / kMicrosPerSecond));
    }
    Add(lines, absl::StrCat(said, "."), relation.name());
    Past();
    return;
  }
  KnownSince();
  const double silence_days = Days(reading_.SilenceUs(us_));
  Add(lines,
      absl::StrCat(SignsOfLife(silence_days), ": last spoke ",
                   SayDistance(absl::FromUnixMicros(reading_.since_us), as_of_, zone_),
                   ", usual gap ", SayRounded(reading_.expected_days), "."),
      Statistics());
  ShareOfTalk();
  Past();
}

// What they had from us, and what is over.
void Briefer::Past() {
  Lines& lines = *out_.mutable_standing();
  for (const Sale* sale : Distinct(facts_.sales)) {
    if (sale->stage() != Sale::DELIVERED || sale->moves().empty()) continue;
    const absl::Time delivered = time::FromProto(sale->moves().rbegin()->time());
    if (delivered > as_of_) continue;
    Add(lines,
        absl::StrCat(say_.called.Start(), " had ", Quote(sale->summary()), " from you, ",
                     SayDate(delivered, as_of_, zone_), "."),
        sale->name());
  }
  for (const Need* need : Distinct(facts_.needs)) {
    if (need->state() != Need::OUTLIVED) continue;
    Add(lines,
        absl::StrCat(Quote(need->summary()), " has been over since ",
                     say_.Date(need->state_time().seconds()), "."),
        need->name());
  }
}

void Briefer::KnownSince() {
  const engagement::v1::RelationshipStatistics& statistics = *facts_.statistics;
  const google::protobuf::Timestamp& first = statistics.has_first_two_way_time()
                                                 ? statistics.first_two_way_time()
                                                 : facts_.relationship->first_exchange_time();
  if (first.seconds() == 0) return;
  Add(*out_.mutable_standing(),
      absl::StrCat("You have known each other ", SaySpan(time::FromProto(first), as_of_, zone_),
                   "."),
      statistics.has_first_two_way_time() ? Statistics() : facts_.relationship->name());
}

// Product 3.8.
absl::string_view Briefer::SignsOfLife(double silence_days) const {
  if (reading_.SilenceUs(us_) <= reading_.ToleratedUs()) return "Alive";
  const double dormant_after =
      std::max(kDormantTimesExpected * reading_.expected_days, 2 * reading_.tolerated_days);
  return silence_days <= dormant_after ? "Drifting" : "Long quiet";
}

void Briefer::ShareOfTalk() {
  const engagement::v1::RelationshipStatistics& statistics = *facts_.statistics;
  const double all = statistics.their_seconds() + statistics.our_seconds();
  const double age_days = Days(us_ - absl::ToUnixMicros(time::FromProto(statistics.sums_time())));
  if (!(all * std::exp2(-age_days / kTalkHalfLifeDays) >= kMinTalkSeconds)) return;
  const double share = statistics.their_seconds() / all;
  Add(*out_.mutable_standing(),
      absl::StrCat(say_.called.Start(), " ", say_.called.Verb("does", "do"), " ",
                   std::llround(100 * share), " % of the talking",
                   share > 0.5 ? "; you listen well." : "; let them speak more."),
      Statistics());
}

void Briefer::SaidLast() {
  // What they need belongs to what they said.
  struct Said {
    absl::Time time;
    const Fact* fact;
    const Need* need;
  };
  std::vector<Said> said;
  for (const Fact* fact : FactsSaid(Fact::SLOT_UNSPECIFIED)) {
    said.push_back({SaidTime(*fact), fact, nullptr});
  }
  for (const Need* need : Distinct(facts_.needs)) {
    if (need->origin() != type::v1::PARTY_PERSON || need->state() == Need::OUTLIVED) continue;
    const bool leads = LeadsTo(facts_, *need, as_of_) && need->has_wants_to_buy_time();
    const absl::Time then = time::FromProto(leads                     ? need->wants_to_buy_time()
                                            : need->has_stated_time() ? need->stated_time()
                                                                      : need->create_time());
    if (then <= as_of_) said.push_back({then, nullptr, need});
  }
  std::stable_sort(said.begin(), said.end(),
                   [](const Said& a, const Said& b) { return a.time > b.time; });
  for (const Said& one : said) {
    const std::string date = SayDate(one.time, as_of_, zone_);
    v1::BriefingLine* line = nullptr;
    if (one.fact != nullptr) {
      line = Add(*out_.mutable_said_last(), one.fact->text(), one.fact->name());
      if (line == nullptr) return;
      if (!one.fact->engagement().empty()) line->add_sources(one.fact->engagement());
      line->set_detail(absl::StrCat(one.fact->said_in(), one.fact->said_in().empty() ? "" : ", ",
                                    date, one.fact->has_dispute_time() ? "; in doubt" : ""));
    } else {
      line = Add(*out_.mutable_said_last(), one.need->summary(), one.need->name());
      if (line == nullptr) return;
      if (!one.need->engagement().empty()) line->add_sources(one.need->engagement());
      line->set_detail(absl::StrCat(LeadsTo(facts_, *one.need, as_of_) ? "asked to buy, "
                                    : IsExplicit(*one.need)            ? "wants it solved, "
                                                                       : "a need, ",
                                    date));
    }
    *line->mutable_time() = time::ToProto(one.time);
  }
}

void Briefer::WeOwe() {
  Lines& lines = *out_.mutable_we_owe();
  for (const OpenPromise& promise : reading_.ours) {
    AddPromise(
        lines, promise,
        promise.due_us != kNever && promise.due_us + kPromiseGraceUs < us_ ? "BROKEN" : "OPEN");
  }
  const std::int64_t as_of_s = absl::ToUnixSeconds(as_of_);
  for (const WaitingLetter& letter : reading_.letters) {
    if (letter.time_s > as_of_s || as_of_s - letter.time_s > kLetterWaitsSeconds) continue;
    const absl::string_view subject = BareSubject(letter.subject);
    Dated(Add(lines,
              subject.empty() ? std::string("an answer to their letter")
                              : absl::StrCat("an answer to ", Quote(subject)),
              letter.engagement.empty() ? Statistics() : letter.engagement),
          "LETTER", letter.time_s * kMicrosPerSecond);
  }
  for (const WaitingFeedback& feedback : reading_.feedback) {
    if (feedback.given_s > as_of_s) continue;
    Dated(
        Add(lines, absl::StrCat("an answer to their ", Wording::Feedback(feedback)), feedback.name),
        feedback.grievance ? "GRIEVANCE" : "FEEDBACK", feedback.given_s * kMicrosPerSecond);
  }
  KeptLate();
}

void Briefer::KeptLate() {
  std::vector<const Promise*> late;
  for (const Promise* promise : Distinct(facts_.promises)) {
    if (promise->promised_by() != type::v1::PARTY_US || promise->state() != Promise::KEPT_LATE) {
      continue;
    }
    const std::int64_t age_us = us_ - absl::ToUnixMicros(time::FromProto(promise->outcome_time()));
    if (age_us >= 0 && age_us <= kRecentUs) late.push_back(promise);
  }
  std::stable_sort(late.begin(), late.end(), [](const Promise* a, const Promise* b) {
    return time::FromProto(a->due_time()) > time::FromProto(b->due_time());
  });
  for (const Promise* promise : late) {
    Dated(Add(*out_.mutable_we_owe(), promise->text(), promise->name()), "KEPT_LATE",
          absl::ToUnixMicros(time::FromProto(promise->due_time())));
  }
}

void Briefer::TheyOwe() {
  for (const OpenPromise& promise : reading_.theirs) {
    AddPromise(*out_.mutable_they_owe(), promise, promise.due_us < us_ ? "OVERDUE" : "OPEN");
  }
}

void Briefer::DoNotRaise() {
  if (facts_.preference == nullptr) return;
  std::vector<const contact::v1::UnwantedTopic*> topics;
  for (const auto& topic : facts_.preference->unwanted_topics()) topics.push_back(&topic);
  std::sort(topics.begin(), topics.end(), [](const auto* a, const auto* b) {
    return std::make_tuple(-a->said_time().seconds(), absl::string_view(a->topic())) <
           std::make_tuple(-b->said_time().seconds(), absl::string_view(b->topic()));
  });
  for (const contact::v1::UnwantedTopic* topic : topics) {
    v1::BriefingLine* line =
        Add(*out_.mutable_do_not_raise(), topic->topic(), facts_.preference->name());
    if (line == nullptr || !topic->has_said_time()) continue;
    line->set_detail(
        absl::StrCat("they asked you not to, ", say_.Date(topic->said_time().seconds())));
    *line->mutable_time() = topic->said_time();
  }
}

std::vector<const Fact*> Briefer::FactsSaid(Fact::Slot slot) const {
  std::vector<const Fact*> said;
  for (const Fact* fact : Distinct(facts_.facts)) {
    if (!SaidByThem(*fact) || !fact->superseded_by().empty() || SaidTime(*fact) > as_of_) continue;
    if (slot == Fact::SLOT_UNSPECIFIED || (fact->slot() == slot && Stands(*fact))) {
      said.push_back(fact);
    }
  }
  std::stable_sort(said.begin(), said.end(),
                   [](const Fact* a, const Fact* b) { return SaidTime(*a) > SaidTime(*b); });
  return said;
}

v1::BriefingLine* Briefer::Add(Lines& lines, absl::string_view text,
                               absl::string_view source) const {
  if (lines.size() >= (full_ ? kFullLines : kBasicLines)) return nullptr;
  v1::BriefingLine* line = lines.Add();
  line->set_text(std::string(text));
  line->add_sources(std::string(source));
  return line;
}

void Briefer::Dated(v1::BriefingLine* line, absl::string_view detail, std::int64_t us) {
  if (line == nullptr) return;
  line->set_detail(std::string(detail));
  *line->mutable_time() = time::ToProto(absl::FromUnixMicros(us));
}

void Briefer::AddPromise(Lines& lines, const OpenPromise& promise, absl::string_view detail) const {
  v1::BriefingLine* line = Add(
      lines, promise.text.empty() ? absl::string_view("a promise") : promise.text, promise.name);
  if (line == nullptr) return;
  line->set_detail(std::string(detail));
  if (promise.due_us != kNever) {
    *line->mutable_time() = time::ToProto(absl::FromUnixMicros(promise.due_us));
  }
}

absl::string_view Briefer::Statistics() const {
  return facts_.statistics->name().empty() ? facts_.relationship->name()
                                           : facts_.statistics->name();
}

v1::Briefing MakeBriefing(const RelationshipFacts& facts, const v1::Decision& decision,
                          absl::Time as_of, absl::TimeZone steward_zone,
                          v1::GetBriefingRequest::View view, type::v1::Channel occasion) {
  return Briefer(facts, decision, as_of, steward_zone, view == v1::GetBriefingRequest::FULL,
                 occasion)
      .Run();
}

}  // namespace rapport::recommendation
