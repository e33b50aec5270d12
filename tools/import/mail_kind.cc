#include "tools/import/mail_kind.h"

#include <algorithm>
#include <initializer_list>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return StartsWithIgnoreCase(text, prefix); });
}

// The word in front of comments and parameters, in lower case.
std::string FirstWord(std::string_view value) {
  value = Strip(value);
  return Lower(Strip(value.substr(0, value.find_first_of(";( \t"))));
}

// What Exchange, Gmail, Lotus Notes and others put in front of the subject of an automatic reply.
bool IsAutoReplySubject(std::string_view subject) {
  return StartsWithAny(subject, {"Automatic reply:",
                                 "Automatic reply :",
                                 "Auto reply:",
                                 "Auto-reply:",
                                 "Autoreply:",
                                 "AutoReply:",
                                 "[Auto-Reply]",
                                 "Auto Response:",
                                 "Auto-Response:",
                                 "Automated reply:",
                                 "Automated response:",
                                 "Out of Office:",
                                 "Out of Office AutoReply:",
                                 "Out of Office Auto-Reply:",
                                 "Out-of-Office:",
                                 "Vacation reply:",
                                 "Abwesenheitsnotiz",
                                 "Automatische Antwort:",
                                 "Automatische Antwort auf",
                                 "Abwesenheit:",
                                 "Abwesenheitsnachricht",
                                 "Réponse automatique",
                                 "Absence du bureau",
                                 "Respuesta automática",
                                 "Fuera de la oficina:",
                                 "Risposta automatica",
                                 "Fuori sede:",
                                 "Fuori ufficio:",
                                 "Resposta automática",
                                 "Automatisch antwoord",
                                 "Afwezigheidsbericht",
                                 "Automatiskt svar",
                                 "Frånvarande:",
                                 "Automatisk svar",
                                 "Autosvar:",
                                 "Automaattinen vastaus",
                                 "Odpowiedź automatyczna",
                                 "Automatická odpověď",
                                 "Automatikus válasz",
                                 "Răspuns automat",
                                 "Автоответ",
                                 "Автоматический ответ",
                                 "Otomatik Yanıt",
                                 "Αυτόματη απάντηση",
                                 "自動応答",
                                 "自動返信",
                                 "自动答复",
                                 "自动回复",
                                 "자동 회신"});
}

// Words that people write too: they count only beside a sign in the headers.
bool IsAwaySubject(std::string_view subject) {
  return StartsWithAny(subject, {"Out of office",
                                 "Out of the office",
                                 "OOO",
                                 "Away from",
                                 "On vacation",
                                 "Vacation",
                                 "On leave",
                                 "On holiday",
                                 "I am away",
                                 "I'm away",
                                 "Ich bin nicht im",
                                 "Abwesend",
                                 "Urlaub",
                                 "Absent",
                                 "Absence",
                                 "En congé",
                                 "Ausente",
                                 "Assente",
                                 "Afwezig",
                                 "Nieobecn",
                                 "Auto:",
                                 "Automatic"});
}

// The part in front of the "@", without "+tag".
std::string_view LocalPart(std::string_view address) {
  const std::string_view local = address.substr(0, address.find('@'));
  return local.substr(0, local.find('+'));
}

bool IsDaemon(std::string_view local) {
  return IsOneOf(local, {"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"});
}

bool IsNoReply(std::string_view local) {
  std::string letters;
  for (const char c : local) {
    if (IsAsciiAlnum(c)) letters.push_back(c);
  }
  const std::string_view view = letters;
  return view.starts_with("noreply") || view.starts_with("donotreply") ||
         view.starts_with("dontreply") || view.ends_with("noreply") ||
         view.ends_with("donotreply") || IsOneOf(view, {"notification", "notifications"});
}

class Rules {
 public:
  explicit Rules(const MailFacts& facts) : facts_(facts), local_(LocalPart(facts.from_address)) {
    auto_submitted_ = FirstWord(Value("auto-submitted"));
    precedence_ = FirstWord(Value("precedence"));
    suppress_ = facts.header("x-auto-response-suppress").has_value();
    const auto path = facts.header("return-path");
    null_path_ = path.has_value() && Strip(*path) == "<>";
  }

  MailVerdict Decide() const {
    for (const auto rule : {&Rules::Bounce, &Rules::Calendar, &Rules::AutoReply, &Rules::List,
                            &Rules::Bulk, &Rules::Automated}) {
      MailVerdict verdict = (this->*rule)();
      if (!verdict.reason.empty()) return verdict;
    }
    return {};
  }

 private:
  std::string Value(std::string_view name) const { return facts_.header(name).value_or(""); }
  bool Has(std::string_view name) const { return facts_.header(name).has_value(); }

  bool MarkedAutomatic() const {
    return (!auto_submitted_.empty() && auto_submitted_ != "no") || suppress_ || null_path_ ||
           IsOneOf(precedence_, {"bulk", "junk", "auto_reply", "auto-reply"});
  }

  MailVerdict Bounce() const {
    if (facts_.content_type == "multipart/report") {
      if (facts_.report_type == "disposition-notification") {
        return {MailKind::kAutoReply, "multipart/report of a read receipt"};
      }
      if (facts_.report_type == "delivery-status" || facts_.report_type == "feedback-report" ||
          facts_.report_type.empty()) {
        return {MailKind::kBounce, "multipart/report"};
      }
    }
    if (Has("x-failed-recipients")) return {MailKind::kBounce, "X-Failed-Recipients"};
    if (IsDaemon(local_) && (local_ != "postmaster" || MarkedAutomatic())) {
      return {MailKind::kBounce, "sent by the mail system"};
    }
    return {};
  }

  MailVerdict Calendar() const {
    if (!facts_.calendar_method.empty() && facts_.calendar_method != "PUBLISH") {
      return {MailKind::kCalendarNotice, "text/calendar with method " + facts_.calendar_method};
    }
    if (ContainsIgnoreCase(Value("content-class"), "calendarmessage")) {
      return {MailKind::kCalendarNotice, "Content-Class: calendarmessage"};
    }
    return {};
  }

  MailVerdict AutoReply() const {
    if (auto_submitted_ == "auto-replied") {
      return {MailKind::kAutoReply, "Auto-Submitted: auto-replied"};
    }
    for (const std::string_view name :
         {"x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from"}) {
      const auto value = facts_.header(name);
      if (value.has_value() && !EqualsIgnoreCase(Strip(*value), "no")) {
        return {MailKind::kAutoReply, Cat({"header ", name})};
      }
    }
    if (IsOneOf(precedence_, {"auto_reply", "auto-reply"})) {
      return {MailKind::kAutoReply, "Precedence: auto_reply"};
    }
    const std::string_view subject = Strip(facts_.subject);
    if (IsAutoReplySubject(subject)) return {MailKind::kAutoReply, "subject of an automatic reply"};
    if (IsAwaySubject(subject) && MarkedAutomatic()) {
      return {MailKind::kAutoReply, "subject of an absence, marked as automatic"};
    }
    return {};
  }

  MailVerdict List() const {
    const auto post = facts_.header("list-post");
    const bool open_list = post.has_value() && !StartsWithIgnoreCase(Strip(*post), "no");
    if (open_list) return {MailKind::kList, "List-Post"};
    // Senders of campaigns give each of them a List-Id as well.
    const bool campaign = Has("feedback-id") || Has("x-campaign") || Has("x-campaignid") ||
                          Has("x-campaign-id") || Has("x-mc-user") || Has("x-csa-complaints") ||
                          post.has_value();
    if (!Strip(Value("list-id")).empty() && !campaign) return {MailKind::kList, "List-Id"};
    if (precedence_ == "list") return {MailKind::kList, "Precedence: list"};
    if (Has("x-mailing-list") || Has("mailing-list")) return {MailKind::kList, "Mailing-List"};
    return {};
  }

  MailVerdict Bulk() const {
    if (Has("list-id")) return {MailKind::kBulk, "List-Id of a campaign"};
    if (Has("list-unsubscribe")) return {MailKind::kBulk, "List-Unsubscribe"};
    if (Has("feedback-id")) return {MailKind::kBulk, "Feedback-ID"};
    if (precedence_ == "bulk" || precedence_ == "junk") {
      return {MailKind::kBulk, Cat({"Precedence: ", precedence_})};
    }
    return {};
  }

  MailVerdict Automated() const {
    if (!auto_submitted_.empty() && auto_submitted_ != "no") {
      return {MailKind::kAutomated, "Auto-Submitted"};
    }
    if (suppress_) return {MailKind::kAutomated, "X-Auto-Response-Suppress"};
    if (null_path_) return {MailKind::kAutomated, "null Return-Path"};
    if (IsNoReply(local_)) return {MailKind::kAutomated, "no-reply sender"};
    return {};
  }

  const MailFacts& facts_;
  const std::string local_;
  std::string auto_submitted_;
  std::string precedence_;
  bool suppress_ = false;
  bool null_path_ = false;
};

}  // namespace

std::string_view MailKindName(MailKind kind) {
  switch (kind) {
    case MailKind::kHuman:
      return "HUMAN";
    case MailKind::kAutoReply:
      return "AUTO_REPLY";
    case MailKind::kBounce:
      return "BOUNCE";
    case MailKind::kList:
      return "LIST";
    case MailKind::kBulk:
      return "BULK";
    case MailKind::kCalendarNotice:
      return "CALENDAR_NOTICE";
    case MailKind::kAutomated:
      return "AUTOMATED";
  }
  return "HUMAN";
}

MailVerdict ClassifyMail(const MailFacts& facts) { return Rules(facts).Decide(); }

}  // namespace rapport::importer
