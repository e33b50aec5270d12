#include "tools/rapportctl/record_words.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/choices.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;

const Choices<Engagement::Kind>& Kinds() {
  static const auto& words =
      *new Choices<Engagement::Kind>{{"conversation", Engagement::CONVERSATION},
                                     {"message", Engagement::MESSAGE},
                                     {"meeting", Engagement::MEETING},
                                     {"visit", Engagement::VISIT},
                                     {"letter", Engagement::LETTER},
                                     {"gift", Engagement::GIFT},
                                     {"gathering", Engagement::GATHERING},
                                     {"review", Engagement::REVIEW},
                                     {"payment", Engagement::PAYMENT},
                                     {"care", Engagement::CARE},
                                     {"call", Engagement::CONVERSATION},
                                     {"talk", Engagement::CONVERSATION},
                                     {"mail", Engagement::MESSAGE}};
  return words;
}

const Choices<Engagement::Channel>& Channels() {
  static const auto& words = *new Choices<Engagement::Channel>{
      {"call", Engagement::PHONE},      {"mail", Engagement::EMAIL},
      {"sms", Engagement::SMS},         {"chat", Engagement::CHAT},
      {"letter", Engagement::POST},     {"in-person", Engagement::IN_PERSON},
      {"video", Engagement::VIDEO},     {"social", Engagement::SOCIAL},
      {"other", Engagement::OTHER},     {"phone", Engagement::PHONE},
      {"email", Engagement::EMAIL},     {"post", Engagement::POST},
      {"person", Engagement::IN_PERSON}};
  return words;
}

const Choices<Engagement::Direction>& Directions() {
  static const auto& words = *new Choices<Engagement::Direction>{
      {"in", Engagement::IN}, {"out", Engagement::OUT}, {"mutual", Engagement::MUTUAL}};
  return words;
}

const Choices<Engagement::Reaction>& Reactions() {
  static const auto& words =
      *new Choices<Engagement::Reaction>{{"welcomed", Engagement::WELCOMED},
                                         {"neutral", Engagement::NEUTRAL},
                                         {"unwelcome", Engagement::UNWELCOME},
                                         {"welcome", Engagement::WELCOMED}};
  return words;
}

Engagement::Kind KindThrough(Engagement::Channel channel) {
  switch (channel) {
    case Engagement::PHONE:
      return Engagement::CONVERSATION;
    case Engagement::VIDEO:
    case Engagement::IN_PERSON:
      return Engagement::MEETING;
    case Engagement::POST:
      return Engagement::LETTER;
    case Engagement::EMAIL:
    case Engagement::SMS:
    case Engagement::CHAT:
    case Engagement::SOCIAL:
      return Engagement::MESSAGE;
    default:
      return Engagement::KIND_UNSPECIFIED;
  }
}

Engagement::Channel ChannelOf(Engagement::Kind kind) {
  switch (kind) {
    case Engagement::CONVERSATION:
      return Engagement::PHONE;
    case Engagement::MEETING:
    case Engagement::VISIT:
    case Engagement::GATHERING:
      return Engagement::IN_PERSON;
    case Engagement::LETTER:
      return Engagement::POST;
    default:
      return Engagement::CHANNEL_UNSPECIFIED;
  }
}

bool BothSpeak(Engagement::Kind kind) {
  return kind == Engagement::CONVERSATION || kind == Engagement::MEETING ||
         kind == Engagement::VISIT || kind == Engagement::GATHERING;
}

absl::Status ReadSort(const RecordOptions& options, Engagement* out) {
  if (!options.channel.empty()) {
    ASSIGN_OR_RETURN(const auto channel,
                     ReadChoice("engagement.channel", options.channel, Channels()));
    out->set_channel(channel);
  }
  if (!options.kind.empty()) {
    ASSIGN_OR_RETURN(const auto kind, ReadChoice("engagement.kind", options.kind, Kinds()));
    out->set_kind(kind);
    if (out->channel() == Engagement::CHANNEL_UNSPECIFIED) out->set_channel(ChannelOf(kind));
    if (absl::AsciiStrToLower(options.kind) == "mail") out->set_channel(Engagement::EMAIL);
  } else {
    out->set_kind(KindThrough(out->channel()));
  }
  if (out->kind() == Engagement::KIND_UNSPECIFIED) {
    return errors::InvalidField("engagement.kind",
                                "say what it was: --kind call, --kind visit, --channel mail, …");
  }
  if (!options.direction.empty()) {
    ASSIGN_OR_RETURN(const auto direction,
                     ReadChoice("engagement.direction", options.direction, Directions()));
    out->set_direction(direction);
  } else if (BothSpeak(out->kind())) {
    out->set_direction(Engagement::MUTUAL);
  } else {
    return errors::InvalidField(
        "engagement.direction",
        "say who it came from: --direction in (from them) or out (from us)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Engagement> EngagementFrom(const RecordOptions& options, const TypedTime& typed) {
  Engagement out;
  RETURN_IF_ERROR(ReadSort(options, &out));
  absl::Time when = typed.now;
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(when, ReadTime("engagement.event_time", options.when, typed));
  }
  *out.mutable_event_time() = time::ToProto(when);
  for (const auto& [field, minutes] :
       {std::pair("engagement.our_seconds", options.minutes_ours),
        std::pair("engagement.their_seconds", options.minutes_theirs)}) {
    if (!(minutes >= 0 && minutes <= 16666)) {
      return errors::InvalidField(field, "must be minutes from 0 to 16666");
    }
  }
  out.set_our_seconds(options.minutes_ours * 60);
  out.set_their_seconds(options.minutes_theirs * 60);
  if (const double all = out.our_seconds() + out.their_seconds(); all > 0) {
    out.mutable_duration()->set_seconds(std::llround(all));
  }
  if (!options.began.empty()) {
    ASSIGN_OR_RETURN(const auto party,
                     ReadChoice("engagement.initiator", options.began, Parties()));
    out.set_initiator(party);
  }
  if (!options.reaction.empty()) {
    ASSIGN_OR_RETURN(const auto reaction,
                     ReadChoice("engagement.reaction", options.reaction, Reactions()));
    out.set_reaction(reaction);
  }
  out.set_conduct(Engagement::HUMAN);
  out.set_source("rapportctl");
  out.set_source_id(options.id);
  out.set_subject(options.subject);
  out.set_needs_answer(options.needs_answer);
  for (const std::string& topic : options.topics) out.add_topics(topic);
  for (const std::string& kind : options.gave) {
    auto* item = out.add_items();
    item->set_direction(engagement::v1::Item::GIVE);
    item->set_kind(kind);
  }
  for (const std::string& kind : options.asked) {
    auto* item = out.add_items();
    item->set_direction(engagement::v1::Item::ASK);
    item->set_kind(kind);
  }
  return out;
}

}  // namespace rapport::rapportctl
