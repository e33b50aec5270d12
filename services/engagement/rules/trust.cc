#include "services/engagement/rules/trust.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/formulas.h"

namespace rapport::engagement::rules {
namespace {

// Collects postings that are not later than an instant.
class Ledger {
 public:
  Ledger(std::int64_t as_of_us, const Parameters& p) : as_of_us_(as_of_us), p_(p) {}

  std::int64_t as_of_us() const { return as_of_us_; }

  void Post(std::int64_t us, v1::TrustAccount account, double credit, double debit,
            absl::string_view reason, absl::string_view source) {
    if (us > as_of_us_) return;
    v1::TrustPosting posting;
    *posting.mutable_time() = MicrosToProto(us);
    posting.set_account(account);
    posting.set_credit(credit);
    posting.set_debit(debit);
    posting.set_half_life_days(HalfLife(account));
    posting.set_reason(std::string(reason));
    posting.set_source(std::string(source));
    postings_.push_back(std::move(posting));
  }
  void Credit(std::int64_t us, v1::TrustAccount account, absl::string_view reason,
              absl::string_view source, double amount = 1) {
    if (amount > 0) Post(us, account, amount, 0, reason, source);
  }
  void Debit(std::int64_t us, v1::TrustAccount account, absl::string_view reason,
             absl::string_view source, double amount = 1) {
    if (amount > 0) Post(us, account, 0, amount, reason, source);
  }

  std::vector<v1::TrustPosting> Take() {
    std::sort(postings_.begin(), postings_.end(),
              [](const v1::TrustPosting& a, const v1::TrustPosting& b) {
                const std::int64_t a_us = Micros(a.time());
                const std::int64_t b_us = Micros(b.time());
                if (a_us != b_us) return a_us > b_us;
                if (a.account() != b.account()) return a.account() < b.account();
                return std::tie(a.source(), a.reason()) < std::tie(b.source(), b.reason());
              });
    return std::move(postings_);
  }

 private:
  double HalfLife(v1::TrustAccount account) const {
    switch (account) {
      case v1::CREDIBILITY:
        return p_.claim_half_life_days;
      case v1::RELIABILITY:
        return p_.promise_half_life_days;
      case v1::INTIMACY:
        return p_.fact_half_life_days;
      default:
        return p_.contact_half_life_days;
    }
  }

  const std::int64_t as_of_us_;
  const Parameters& p_;
  std::vector<v1::TrustPosting> postings_;
};

void PostEngagement(const v1::Engagement& e, const Parameters& p, Ledger* ledger) {
  if (!Counts(e)) return;
  const std::int64_t us = Micros(e.event_time());
  if (ReactionTo(e) == v1::Engagement::WELCOMED) {
    ledger->Credit(us, v1::INTIMACY, "contact welcomed", e.name());
  }
  if (ReactionTo(e) == v1::Engagement::UNWELCOME) {
    ledger->Debit(us, v1::INTIMACY, "contact unwelcome", e.name());
  }
  if (!ByHuman(e)) return;
  double gives = 0;
  double asks = 0;
  for (const v1::Item& item : e.items()) {
    if (item.direction() == v1::Item::GIVE) ++gives;
    if (item.direction() == v1::Item::ASK) ++asks;
  }
  ledger->Credit(us, v1::SELF_ORIENTATION, "gave", e.name(), gives);
  ledger->Debit(us, v1::SELF_ORIENTATION, "asked", e.name(), asks);
  if (Listened(e, p)) ledger->Credit(us, v1::SELF_ORIENTATION, "listened", e.name());
}

void PostPromise(const v1::Promise& promise, const Parameters& p, Ledger* ledger) {
  if (promise.promised_by() == type::v1::PARTY_PERSON) return;
  if (PromiseMicros(promise) > ledger->as_of_us()) return;
  const bool has_outcome =
      promise.state() != v1::Promise::OPEN && OutcomeMicros(promise) <= ledger->as_of_us();
  const std::int64_t grace_end = GraceEndMicros(promise.due_time(), p);
  if (!has_outcome) {
    if (grace_end < ledger->as_of_us()) {
      ledger->Debit(grace_end, v1::RELIABILITY, "promise broken", promise.name());
    }
    return;
  }
  const std::int64_t us = OutcomeMicros(promise);
  switch (promise.state()) {
    case v1::Promise::KEPT:
      ledger->Credit(us, v1::RELIABILITY, "promise kept", promise.name());
      break;
    case v1::Promise::KEPT_LATE:
      ledger->Post(us, v1::RELIABILITY, 0.5, 0.5, "promise kept late", promise.name());
      break;
    case v1::Promise::REPAIRED:
      ledger->Debit(std::min(grace_end, us), v1::RELIABILITY, "promise broken and repaired",
                    promise.name(), 0.5);
      break;
    default:
      break;
  }
}

void PostFact(const v1::Fact& fact, Ledger* ledger) {
  if (IsVolunteered(fact)) {
    ledger->Credit(FactMicros(fact), v1::INTIMACY, "told us", fact.name());
  }
  for (const ClaimMove& claim : ClaimMovesOf(fact)) {
    if (claim.borne_out) {
      ledger->Credit(claim.us, v1::CREDIBILITY, "inference confirmed", fact.name());
    } else {
      ledger->Debit(claim.us, v1::CREDIBILITY, "inference disputed", fact.name());
    }
  }
}

void PostSale(const v1::Sale& sale, Ledger* ledger) {
  for (const v1::StageMove& move : sale.moves()) {
    if (move.stage() == v1::Sale::DELIVERED) {
      ledger->Credit(Micros(move.time()), v1::CREDIBILITY, "sale delivered", sale.name());
    } else if (move.stage() == v1::Sale::REVERSED) {
      ledger->Debit(Micros(move.time()), v1::CREDIBILITY, "sale reversed", sale.name());
    }
  }
}

void PostFeedback(const v1::Feedback& feedback, const Parameters& p, Ledger* ledger) {
  const std::int64_t given_us = GivenMicros(feedback);
  if (feedback.kind() == v1::Feedback::PRAISE) {
    ledger->Credit(given_us, v1::INTIMACY, "praise", feedback.name());
  }
  if (feedback.kind() == v1::Feedback::GRIEVANCE) {
    ledger->Debit(given_us, v1::INTIMACY, "grievance", feedback.name());
  }
  if (feedback.state() != v1::Feedback::ACKNOWLEDGED) return;
  const std::int64_t answered_us = AcknowledgedMicros(feedback);
  if (answered_us > ledger->as_of_us()) return;
  const std::int64_t end_us = AnswerEndMicros(given_us, p);
  if (answered_us <= end_us) {
    ledger->Credit(answered_us, v1::CREDIBILITY, "feedback answered", feedback.name());
  } else {
    ledger->Debit(end_us, v1::CREDIBILITY, "feedback answered late", feedback.name());
  }
}

// What waits, by the clock: unanswered feedback, and letters.
void PostWaiting(const Journal& journal, const v1::RelationshipStatistics& s, const Parameters& p,
                 const WorkingHours& hours, Ledger* ledger) {
  for (const v1::OpenFeedback& open : s.open_feedback()) {
    const std::int64_t end_us = AnswerEndMicros(Micros(open.given_time()), p);
    if (end_us < ledger->as_of_us()) {
      ledger->Debit(end_us, v1::CREDIBILITY, "feedback left waiting", open.feedback());
    }
  }
  std::multimap<std::pair<std::int64_t, std::uint64_t>, absl::string_view> names;
  for (const v1::Engagement& e : journal.engagements) {
    if (e.direction() != v1::Engagement::IN || !e.needs_answer() || e.thread().empty()) continue;
    if (!Counts(e) || !ByHuman(e)) continue;
    names.emplace(std::make_pair(Micros(e.event_time()), ThreadHash(e.thread())), e.name());
  }
  for (const Letter& letter : LettersOf(s.our_replies(), hours, p)) {
    absl::string_view name;
    const auto it = names.find({letter.asked_us, letter.thread});
    if (it != names.end()) {
      name = it->second;
      names.erase(it);
    }
    if (letter.InTime()) {
      ledger->Credit(letter.answered_us, v1::CREDIBILITY, "letter answered in time", name);
    } else if (letter.Overdue(ledger->as_of_us())) {
      ledger->Debit(letter.due_us, v1::CREDIBILITY, "letter left waiting", name);
    }
  }
}

}  // namespace

Balance IntimacyBalance(const v1::RelationshipStatistics& s, const Decayed& at) {
  return {at.fact(s.volunteered_facts() + s.comfort()), at.fact(s.breaches())};
}

Balances BalancesOf(const v1::RelationshipStatistics& s, const Decayed& at,
                    const std::vector<Letter>& letters, const Parameters& p) {
  Balances b;
  b.credibility = {at.claim(s.claims_borne_out()), at.claim(s.claims_corrected())};
  for (const v1::OpenFeedback& open : s.open_feedback()) {
    const std::int64_t end_us = AnswerEndMicros(Micros(open.given_time()), p);
    if (end_us < at.us()) {
      b.credibility.debit += Weight(DaysBetween(end_us, at.us()), p.claim_half_life_days);
    }
  }
  for (const Letter& letter : letters) {
    if (letter.InTime()) {
      b.credibility.credit +=
          Weight(DaysBetween(letter.answered_us, at.us()), p.claim_half_life_days);
    } else if (letter.Overdue(at.us())) {
      b.credibility.debit += Weight(DaysBetween(letter.due_us, at.us()), p.claim_half_life_days);
    }
  }
  const Outcomes ours = at.OutcomesOf(type::v1::PARTY_US);
  const PromiseEvidence evidence = Evidence(ours.kept, ours.late, ours.repaired, ours.broken);
  b.reliability = {evidence.r, evidence.s};
  b.intimacy = IntimacyBalance(s, at);
  b.self_orientation = {at.contact(s.gives() + s.listened()), at.contact(s.asks())};
  return b;
}

Reading BetaMean(const Balance& balance, double half_life_days) {
  if (balance.n() <= 0) return Undefined(half_life_days);
  return Known(Reliability(balance.credit, balance.debit), balance.n(), half_life_days);
}

Reading SelfOrientation(const Balance& balance, const Parameters& p) {
  if (balance.n() <= 0) return Undefined(p.contact_half_life_days);
  return Known(std::max(p.self_orientation_floor, balance.debit / balance.n()), balance.n(),
               p.contact_half_life_days);
}

Reading TrustOf(const Reading& credibility, const Reading& reliability, const Reading& intimacy,
                const Reading& self_orientation) {
  if (!self_orientation.ok()) return Undefined(0);
  const auto known = [](const Reading& part) { return part.ok() ? part.value : 0.5; };
  const double n = credibility.n + reliability.n + intimacy.n + self_orientation.n;
  if (!credibility.ok() && !reliability.ok() && !intimacy.ok()) return Insufficient(n, 0);
  return Known(
      Trust(known(credibility), known(reliability), known(intimacy), self_orientation.value), n, 0);
}

std::vector<v1::TrustPosting> Postings(const Journal& journal, absl::Time as_of,
                                       const Parameters& p, const WorkingHours& hours) {
  Ledger ledger(absl::ToUnixMicros(as_of), p);
  for (const v1::Engagement& e : journal.engagements) PostEngagement(e, p, &ledger);
  for (const v1::Promise& promise : journal.promises) PostPromise(promise, p, &ledger);
  for (const v1::Fact& fact : journal.facts) PostFact(fact, &ledger);
  for (const v1::Feedback& feedback : journal.feedback) PostFeedback(feedback, p, &ledger);
  for (const v1::Sale& sale : journal.sales) PostSale(sale, &ledger);
  PostWaiting(journal, Replay(journal, as_of, {}, p), p, hours, &ledger);
  return ledger.Take();
}

}  // namespace rapport::engagement::rules
