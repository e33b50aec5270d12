// The Enron mail stream (Priebe et al. 2005), whole, seen from the house of each of its people:
// every number is held against a second reckoning from the rows themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tests/harness/house.h"

namespace rapport::tests {
namespace {

namespace contact = rapport::contact::v1;
namespace engagement = rapport::engagement::v1;
namespace recommendation = rapport::recommendation::v1;

constexpr char kFile[] = RAPPORT_DATA_FOLDER "/enron_events.csv.gz";
constexpr std::size_t kRows = 125235;
constexpr std::size_t kPeople = 182;
// How many of the busiest are looked at again and again while time goes on, and every how many of
// the others; all the rest once, when the stream has ended.
constexpr std::size_t kClosely = 6;
constexpr std::size_t kNowAndThen = 30;
constexpr int kHousesAtOnce = 2;
constexpr double kDay = 86400;
constexpr int kBatch = 500;

struct Row {
  int from = 0;
  int to = 0;
  std::int64_t time = 0;
  bool addressed = false;  // "to", not "cc" or "bcc"
};

// One mail as an ego sees it.
struct Mail {
  std::int64_t time = 0;
  bool in = false;
  bool needs_answer = false;
  std::string source_id;
};

std::vector<Row> ReadRows() {
  std::vector<Row> rows;
  FILE* const pipe = popen(absl::StrCat("gzip -dc '", kFile, "'").c_str(), "r");
  char line[256];
  bool header = true;
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    if (std::exchange(header, false)) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, ',');
    Row row;
    const bool good = parts.size() == 5 && absl::SimpleAtoi(parts[0], &row.from) &&
                      absl::SimpleAtoi(parts[1], &row.to) && absl::SimpleAtoi(parts[2], &row.time);
    EXPECT_TRUE(good) << line;
    row.addressed = parts.size() > 3 && parts[3] == "to";
    rows.push_back(row);
  }
  if (pipe != nullptr) pclose(pipe);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.time < b.time; });
  return rows;
}

// Everybody who has written to or read from somebody else, the busiest first.
std::vector<int> People(const std::vector<Row>& rows) {
  std::map<int, int> count;
  for (const Row& row : rows) {
    if (row.from == row.to) continue;
    ++count[row.from];
    ++count[row.to];
  }
  std::vector<std::pair<int, int>> order;
  for (const auto& [id, n] : count) order.emplace_back(-n, id);
  std::sort(order.begin(), order.end());
  std::vector<int> egos;
  for (const auto& [negative, id] : order) egos.push_back(id);
  return egos;
}

// What the measures should be, straight from the mails (product of no code of the services).
struct Reckoned {
  std::int64_t two_way = 0;
  double silence = 0;
  double volume = 0;
  double weighed = 0;  // the terms of health but for the answers: their sum, and of their weights
  double weights = 0;
  std::optional<double> response;  // the share of letters answered in time
  bool response_is_clear = true;   // few enough letters and answers for all of them to be kept
  // With the share of answers put in.
  double Health(std::optional<double> answers) const {
    if (weights == 0 && !answers) return 0;
    return (weighed + 0.10 * answers.value_or(0)) / (weights + (answers ? 0.10 : 0));
  }
  engagement::Vitality vitality = engagement::NEW;
  engagement::Turn turn = engagement::NONE;
  bool turn_is_clear = true;  // no two mails in opposite directions in the deciding second
};

double Half(double days) { return std::exp2(-days / 90); }

// Seconds between two instants that lie between 09:00 and 17:00 UTC of Monday to Friday.
std::int64_t WorkingSeconds(std::int64_t from, std::int64_t to) {
  std::int64_t sum = 0;
  for (std::int64_t day = from / 86400; day <= to / 86400; ++day) {
    const std::int64_t weekday = (day + 3) % 7;  // 1970-01-01 was a Thursday; 0 is Monday
    if (weekday >= 5) continue;
    const std::int64_t begin = std::max(from, day * 86400 + 9 * 3600);
    const std::int64_t end = std::min(to, day * 86400 + 17 * 3600);
    sum += std::max<std::int64_t>(0, end - begin);
  }
  return sum;
}

// The share of what they asked in this conversation that was answered in time.
void ReckonAnswers(const std::vector<Mail>& mails, std::int64_t at, Reckoned* out) {
  std::vector<std::int64_t> answers;
  for (const Mail& mail : mails) {
    if (!mail.in && mail.time <= at) answers.push_back(mail.time);
  }
  std::sort(answers.begin(), answers.end());
  int letters = 0;
  int in_time = 0;
  int overdue = 0;
  for (const Mail& mail : mails) {
    if (!mail.in || !mail.needs_answer || mail.time > at) continue;
    ++letters;
    const auto answer = std::upper_bound(answers.begin(), answers.end(), mail.time);
    constexpr std::int64_t kInTime = 16 * 3600;
    if (answer != answers.end() && WorkingSeconds(mail.time, *answer) <= kInTime) {
      ++in_time;
    } else if (WorkingSeconds(mail.time, at) > kInTime) {
      ++overdue;
    }
  }
  if (in_time + overdue > 0) out->response = static_cast<double>(in_time) / (in_time + overdue);
  out->response_is_clear = letters <= 64 && answers.size() < 64;
}

Reckoned Reckon(const std::vector<Mail>& mails, std::int64_t at) {
  Reckoned out;
  ReckonAnswers(mails, at, &out);
  std::vector<std::int64_t> in;
  std::int64_t last_in = -1;
  std::int64_t last_out = -1;
  std::int64_t last_asking = -1;
  std::int64_t last = -1;
  for (const Mail& mail : mails) {
    if (mail.time > at) continue;
    const double age = static_cast<double>(at - mail.time) / kDay;
    out.volume += (mail.in ? 1.0 : 0.5) * Half(age);
    last = std::max(last, mail.time);
    if (mail.in) {
      in.push_back(mail.time);
      last_in = std::max(last_in, mail.time);
      if (mail.needs_answer) last_asking = std::max(last_asking, mail.time);
    } else {
      last_out = std::max(last_out, mail.time);
    }
  }
  out.two_way = static_cast<std::int64_t>(in.size());
  if (last < 0) return out;

  const bool waits = last_asking > last_out && at - last_asking <= 30 * 86400;
  out.turn_is_clear = last_out < 0 || (last_asking != last_out && last_in != last_out);
  out.turn = waits                                 ? engagement::OURS
             : last_out >= 0 && last_out > last_in ? engagement::THEIRS
                                                   : engagement::NONE;
  const double care = Half(static_cast<double>(at - last) / kDay);
  if (in.empty()) {
    out.weighed = 0.10 * care;
    out.weights = 0.10;
    return out;
  }
  out.silence = static_cast<double>(at - last_in) / kDay;

  // Median of the gaps of a day or more among the latest nine.
  std::sort(in.rbegin(), in.rend());
  std::vector<double> gaps;
  std::int64_t later = in[0];
  for (std::size_t i = 1; i < std::min<std::size_t>(in.size(), 9); ++i) {
    if (later - in[i] < 86400) continue;
    gaps.push_back(static_cast<double>(later - in[i]) / kDay);
    later = in[i];
  }
  double expected = 60;
  if (!gaps.empty()) {
    std::sort(gaps.begin(), gaps.end());
    const std::size_t n = gaps.size();
    expected = (gaps[(n - 1) / 2] + gaps[n / 2]) / 2;
  }
  out.vitality = out.silence <= 1.5 * expected ? engagement::ALIVE
                 : out.silence <= 3 * expected ? engagement::DRIFTING
                                               : engagement::DORMANT;
  const double warmth = 0.55 * Half(out.silence) + 0.45 * (1 - std::exp(-out.volume / 3));
  const double years = static_cast<double>(at - in.back()) / kDay / 365.25;
  const double n = static_cast<double>(in.size());
  const double bond = 0.40 * (1 - std::exp(-years / 2)) + 0.35 * 0.5 * n / (n + 5);
  out.weighed = 0.25 * warmth + 0.15 * bond + 0.10 * care;
  out.weights = 0.50;
  return out;
}

class EnronHouse {
 public:
  EnronHouse(int ego, const std::vector<Row>& rows)
      : ego_(ego), house_({.now = absl::FromUnixSeconds(rows.front().time)}) {
    contact::CreateStewardRequest steward;
    steward.set_parent(house_.parent());
    steward.set_steward_id("ego");
    steward.mutable_steward()->set_display_name(absl::StrCat("Ego ", ego));
    steward_ =
        house_.Must<contact::Steward>("rapport.contact.v1.StewardService/CreateSteward", steward)
            .name();
    std::set<int> peers;
    for (const Row& row : rows) {
      if (row.from == ego_ && row.to != ego_) peers.insert(row.to);
      if (row.to == ego_ && row.from != ego_) peers.insert(row.from);
    }
    contact::BatchUpsertPeopleRequest people;
    people.set_parent(house_.parent());
    for (const int peer : peers) {
      auto* item = people.add_people();
      item->mutable_external_id()->set_source("enron");
      item->mutable_external_id()->set_id(absl::StrCat(peer));
      item->mutable_person()->set_full_name(absl::StrCat("Person ", peer));
      item->add_stewards(steward_);
    }
    const auto made = house_.Must<contact::BatchUpsertPeopleResponse>(
        "rapport.contact.v1.PeopleService/BatchUpsertPeople", people);
    int i = 0;
    for (const int peer : peers) relationships_[peer] = made.results(i++).relationship();
    engagement::GetRapportRequest known;  // waits until engagement knows the people
    known.set_name(relationships_.rbegin()->second);
    house_.Must<engagement::Rapport>("rapport.engagement.v1.RapportService/GetRapport", known);
  }

  // Streams the rows of (after, until], duplicates and all, and keeps what they should amount to.
  void Stream(const std::vector<Row>& rows, std::int64_t after, std::int64_t until) {
    house_.SetNow(absl::FromUnixSeconds(until));
    auto stream = house_.client("engagement")
                      .OpenStream<engagement::StreamEngagementsRequest,
                                  engagement::StreamEngagementsResponse>(
                          "rapport.engagement.v1.EngagementService/StreamEngagements");
    engagement::StreamEngagementsRequest request;
    std::int64_t sent = 0;
    std::int64_t recorded = 0;
    std::int64_t repeated = 0;
    std::int64_t fresh = 0;
    const absl::Time begin = absl::Now();
    const auto send = [&] {
      if (!request.has_batch() || request.batch().requests().empty()) return;
      request.set_position(sent);
      ASSERT_TRUE(stream->Write(request)) << stream->Finish();
      engagement::StreamEngagementsResponse ack;
      ASSERT_TRUE(stream->Read(&ack)) << stream->Finish();
      EXPECT_EQ(ack.position(), sent);
      EXPECT_EQ(ack.refused_size(), 0) << ack.ShortDebugString();
      recorded += ack.recorded();
      repeated += ack.repeated();
      request.Clear();
    };
    for (const Row& row : rows) {
      if (row.time <= after || row.time > until || row.from == row.to) continue;
      if (row.from != ego_ && row.to != ego_) continue;
      const bool in = row.to == ego_;
      const int peer = in ? row.from : row.to;
      Mail mail{row.time, in, in && row.addressed,
                absl::StrCat(row.from, ",", row.to, ",", row.time)};
      request.mutable_batch()->set_parent(house_.parent());
      auto* item = request.mutable_batch()->add_requests();
      item->set_relationship(relationships_.at(peer));
      auto* said = item->mutable_engagement();
      said->set_source("enron");
      said->set_source_id(mail.source_id);
      *said->mutable_event_time() = time::ToProto(absl::FromUnixSeconds(row.time));
      said->set_kind(engagement::Engagement::MESSAGE);
      said->set_channel(engagement::Engagement::EMAIL);
      said->set_direction(in ? engagement::Engagement::IN : engagement::Engagement::OUT);
      said->set_conduct(engagement::Engagement::HUMAN);
      said->set_needs_answer(mail.needs_answer);
      said->set_thread(absl::StrCat("with ", peer));
      ++sent;
      if (seen_.insert(mail.source_id).second) {
        ++fresh;
        mails_[peer].push_back(std::move(mail));
      }
      if (request.batch().requests_size() == kBatch) send();
      if (::testing::Test::HasFatalFailure()) return;
    }
    send();
    stream->WritesDone();
    engagement::StreamEngagementsResponse none;
    while (stream->Read(&none)) {
    }
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(recorded, fresh);
    EXPECT_EQ(repeated, sent - fresh);
    rows_sent_ += sent;
    rows_repeated_ += repeated;
    streaming_ += absl::Now() - begin;
  }

  void CheckMeasures(std::int64_t at) {
    for (const auto& [peer, relationship] : relationships_) {
      SCOPED_TRACE(absl::StrCat("ego ", ego_, ", peer ", peer, ", at ", at));
      engagement::GetRapportRequest request;
      request.set_name(relationship);
      *request.mutable_as_of() = time::ToProto(absl::FromUnixSeconds(at));
      const auto rapport = house_.Must<engagement::Rapport>(
          "rapport.engagement.v1.RapportService/GetRapport", request);
      const Reckoned wanted = Reckon(mails_[peer], at);
      EXPECT_EQ(rapport.two_way_count(), wanted.two_way);
      EXPECT_EQ(engagement::Vitality_Name(rapport.vitality()),
                engagement::Vitality_Name(wanted.vitality));
      if (wanted.two_way > 0) {
        EXPECT_NEAR(rapport.silence_days().value(), wanted.silence, 1e-6);
      } else {
        EXPECT_EQ(rapport.silence_days().status(), type::v1::MEASURE_STATUS_UNDEFINED);
      }
      EXPECT_NEAR(rapport.volume().value(), wanted.volume, 1e-6);
      std::optional<double> response;
      if (rapport.response().status() == type::v1::MEASURE_STATUS_OK) {
        response = rapport.response().value();
      }
      if (wanted.response_is_clear) {
        ASSERT_EQ(response.has_value(), wanted.response.has_value());
        EXPECT_NEAR(response.value_or(0), wanted.response.value_or(0), 1e-9);
      }
      EXPECT_NEAR(rapport.health().value(), wanted.Health(response), 1e-6);
      double sum = 0;
      for (const auto& term : rapport.health_terms()) sum += term.contribution();
      EXPECT_NEAR(sum, rapport.health().value(), 1e-9);
      if (wanted.turn_is_clear) {
        EXPECT_EQ(engagement::Turn_Name(rapport.turn()), engagement::Turn_Name(wanted.turn));
      }
      ++measured_;
    }
  }

  void CheckTimelines() {
    for (const auto& [peer, relationship] : relationships_) CheckTimeline(peer);
  }
  void CheckTimelineOfTheBusiest() {
    CheckTimeline(std::max_element(mails_.begin(), mails_.end(), [](const auto& a, const auto& b) {
                    return a.second.size() < b.second.size();
                  })->first);
  }

  void CheckTimeline(int peer) {
    SCOPED_TRACE(absl::StrCat("ego ", ego_, ", peer ", peer));
    std::set<std::string> wanted;
    for (const Mail& mail : mails_[peer]) wanted.insert(mail.source_id);
    std::set<std::string> found;
    absl::Time last = absl::InfiniteFuture();
    engagement::ListTimelineRequest request;
    request.set_parent(relationships_.at(peer));
    request.set_page_size(500);
    do {
      const auto page = house_.Must<engagement::ListTimelineResponse>(
          "rapport.engagement.v1.EngagementService/ListTimeline", request);
      for (const auto& entry : page.entries()) {
        EXPECT_LE(time::FromProto(entry.time()), last);
        last = time::FromProto(entry.time());
        EXPECT_TRUE(found.insert(entry.engagement().source_id()).second);
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(found, wanted);
  }

  void CheckWorklist(std::int64_t at, int capacity) {
    SCOPED_TRACE(absl::StrCat("ego ", ego_, ", capacity ", capacity, ", at ", at));
    recommendation::GetWorklistRequest request;
    request.set_steward(steward_);
    request.set_capacity(capacity);
    request.set_max_waiting(500);
    *request.mutable_as_of() = time::ToProto(absl::FromUnixSeconds(at));
    const auto list = house_.Must<recommendation::GetWorklistResponse>(
        "rapport.recommendation.v1.RecommendationService/GetWorklist", request);
    EXPECT_EQ(list.capacity(), capacity);
    EXPECT_LE(list.items_size(), capacity + list.over_capacity());
    EXPECT_EQ(list.items_size() + list.left_out() + list.waiting_count(),
              static_cast<int>(relationships_.size()));
    if (list.left_out() > 0) {
      EXPECT_GE(list.items_size(), capacity);
    }
    std::set<std::string> met;
    int position = 0;
    recommendation::StepClass last = recommendation::STEP_CLASS_UNSPECIFIED;
    for (const auto& item : list.items()) {
      EXPECT_EQ(item.position(), ++position);
      EXPECT_TRUE(met.insert(item.relationship()).second) << "twice on the list";
      EXPECT_GE(item.suggestion().step_class(), last) << "obligations come first";
      last = item.suggestion().step_class();
      EXPECT_GT(item.suggestion().reasons_size(), 0);
      for (const auto& reason : item.suggestion().reasons()) EXPECT_FALSE(reason.text().empty());
    }
    for (const auto& item : list.waiting()) EXPECT_TRUE(met.insert(item.relationship()).second);
    // Whoever waits for an answer is on the list or among those left out, never told to wait.
    for (const auto& [peer, relationship] : relationships_) {
      const Reckoned reckoned = Reckon(mails_[peer], at);
      if (!reckoned.turn_is_clear) continue;
      const auto same = [&, name = relationship](const recommendation::WorklistItem& item) {
        return item.relationship() == name;
      };
      const auto item = std::find_if(list.items().begin(), list.items().end(), same);
      if (reckoned.turn == engagement::OURS) {
        EXPECT_TRUE(std::none_of(list.waiting().begin(), list.waiting().end(), same)) << peer;
        if (item != list.items().end()) {
          EXPECT_EQ(item->suggestion().kind(), recommendation::ANSWER) << peer;
        }
      } else if (item != list.items().end()) {
        EXPECT_NE(item->suggestion().kind(), recommendation::ANSWER) << peer;
      }
    }
  }

  std::int64_t rows_sent() const { return rows_sent_; }
  std::int64_t rows_repeated() const { return rows_repeated_; }
  absl::Duration streaming() const { return streaming_; }
  int measured() const { return measured_; }
  std::size_t relationships() const { return relationships_.size(); }

 private:
  const int ego_;
  House house_;
  std::string steward_;
  std::map<int, std::string> relationships_;  // by peer
  std::map<int, std::vector<Mail>> mails_;
  std::set<std::string> seen_;
  std::int64_t rows_sent_ = 0;
  std::int64_t rows_repeated_ = 0;
  absl::Duration streaming_;
  int measured_ = 0;
};

// What became of all houses together.
struct Totals {
  std::atomic<std::int64_t> rows{0};
  std::atomic<std::int64_t> repeated{0};
  std::atomic<std::int64_t> relationships{0};
  std::atomic<std::int64_t> measured{0};
};

const std::vector<std::int64_t>& Cuts() {
  static const auto* const cuts =
      new std::vector<std::int64_t>{absl::ToUnixSeconds(At("2000-12-31 12:00")) + 30,
                                    absl::ToUnixSeconds(At("2001-10-01 12:00")) + 30,
                                    absl::ToUnixSeconds(At("2002-07-01 12:00")) + 30};
  return *cuts;
}

// The life of one house, its mails arriving in three parts.
void LookClosely(EnronHouse& house, const std::vector<Row>& rows) {
  std::int64_t last = 0;
  for (const std::int64_t cut : Cuts()) {
    house.Stream(rows, last, cut);
    if (::testing::Test::HasFatalFailure()) return;
    house.CheckMeasures(cut);
    house.CheckMeasures(cut - 40 * 86400);   // a replay of the journal
    house.CheckMeasures(cut + 100 * 86400);  // as if nothing more happened
    house.CheckWorklist(cut, 8);
    house.CheckWorklist(cut, 500);
    house.CheckWorklist(cut + 200 * 86400, 3);
    last = cut;
  }
  house.CheckTimelines();
}

// The same, its mails arriving at once.
void LookOnce(EnronHouse& house, const std::vector<Row>& rows) {
  const std::int64_t end = Cuts().back();
  house.Stream(rows, 0, end);
  if (::testing::Test::HasFatalFailure()) return;
  house.CheckMeasures(end);
  house.CheckWorklist(end, 8);
  house.CheckTimelineOfTheBusiest();
}

void Live(int ego, bool closely, const std::vector<Row>& rows, Totals* totals) {
  EnronHouse house(ego, rows);
  if (closely) {
    LookClosely(house, rows);
    std::printf(
        "ego %d: %lld rows to %zu people, %lld of them repeats, %.0f rows/s acknowledged; %d "
        "measurements equal the second reckoning\n",
        ego, static_cast<long long>(house.rows_sent()), house.relationships(),
        static_cast<long long>(house.rows_repeated()),
        static_cast<double>(house.rows_sent()) / absl::ToDoubleSeconds(house.streaming()),
        house.measured());
  } else {
    LookOnce(house, rows);
  }
  totals->rows += house.rows_sent();
  totals->repeated += house.rows_repeated();
  totals->relationships += static_cast<std::int64_t>(house.relationships());
  totals->measured += house.measured();
}

// Proves: E01, E02, E05, E22, E23, R03, P10
TEST(Enron, TheWholeStreamGivesTheNumbersThatItsRowsAddUpTo) {
  if (!std::filesystem::exists(kFile)) {
    GTEST_SKIP() << "NOT TESTED: " << kFile << " is not here";
  }
  const std::vector<Row> rows = ReadRows();
  ASSERT_EQ(rows.size(), kRows);
  const std::vector<int> people = People(rows);
  ASSERT_EQ(people.size(), kPeople);
  Totals totals;
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < kHousesAtOnce; ++i) {
    workers.emplace_back([&] {
      for (std::size_t n = next++; n < people.size() && !HasFailure(); n = next++) {
        Live(people[n], n < kClosely || n % kNowAndThen == 0, rows, &totals);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  if (HasFailure()) return;
  // Every mail to somebody else has arrived in two houses.
  EXPECT_EQ(totals.rows, 2 * std::count_if(rows.begin(), rows.end(),
                                           [](const Row& row) { return row.from != row.to; }));
  EXPECT_EQ(totals.relationships % 2, 0) << "whom I know knows me";
  std::printf(
      "%zu houses: %lld rows, %lld of them repeats, %lld relationships; %lld measurements equal "
      "the second reckoning\n",
      people.size(), static_cast<long long>(totals.rows), static_cast<long long>(totals.repeated),
      static_cast<long long>(totals.relationships), static_cast<long long>(totals.measured));
}

}  // namespace
}  // namespace rapport::tests
