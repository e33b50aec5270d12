// The contract of store.h for transactions, snapshots and the write lane: a case per sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/store/contract_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = absl::StatusOr<std::int64_t>;

template <class Engine>
class StoreTransact : public StoreContract<Engine> {
 protected:
  // Queues a body; its outcome goes to `outcome` by the time the store is closed or `Drain` ends.
  void Queue(Store::Body body, Outcome* outcome, const base::CallContext& ctx = {}) {
    this->store_->Transact(ctx, Acme(), std::move(body),
                           [outcome](Outcome result) { *outcome = std::move(result); });
  }
  void Drain() {
    EXPECT_OK(this->Try([](Tx&) { return absl::OkStatus(); }));
  }
};
TYPED_TEST_SUITE(StoreTransact, Engines);

TYPED_TEST(StoreTransact, AFailedBodyLeavesNoTrace) {
  const std::int64_t before = this->Put(Events(), Event("before"));
  EXPECT_THAT(this->Try([](Tx& tx) {
    EXPECT_OK(tx.Put(People(), Person("p1", Text("Ada"))));
    EXPECT_OK(tx.Put(Events(), Event("lost")));
    EXPECT_OK(tx.Delete(Events(), {Text("before")}));
    return absl::AbortedError("changed my mind");
  }),
              StatusIs(absl::StatusCode::kAborted, "changed my mind"));
  EXPECT_THAT(this->Scan(People(), {}), IsEmpty());
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("before"));
  EXPECT_GT(this->Put(Events(), Event("after")), before);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("after", "before"));
}

TYPED_TEST(StoreTransact, AFailedBodyDoesNotDisturbItsGroup) {
  Gate gate;
  this->Hold(gate);
  std::vector<Outcome> outcomes(5);
  for (int i = 0; i < 5; ++i) {
    this->Queue(
        [i](Tx& tx) {
          EXPECT_OK(tx.Put(Events(), Event("e" + std::to_string(i))));
          EXPECT_OK(tx.Put(Events(), Event("second" + std::to_string(i))));
          return i % 2 == 0 ? absl::OkStatus() : absl::AbortedError("odd");
        },
        &outcomes[static_cast<std::size_t>(i)]);
  }
  gate.Open();
  this->Drain();
  EXPECT_THAT(this->Scan(Events(), {.limit = 3}), ElementsAre("e0", "e2", "e4"));
  EXPECT_THAT(this->Scan(Events(), {}), ::testing::SizeIs(6));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(outcomes[i].ok(), i % 2 == 0);
  }
}

TYPED_TEST(StoreTransact, BodiesRunInTheOrderOfTheQueueAndSeeEachOther) {
  Gate gate;
  this->Hold(gate);
  std::vector<Outcome> outcomes(3);
  for (int i = 0; i < 3; ++i) {
    this->Queue(
        [i](Tx& tx) {
          const auto row = tx.Get(Notes(), {Text("n"), Int(0)});
          if (!row.ok()) return row.status();
          const std::string body = row->has_value() ? AsText((**row)[2]) : "";
          return tx.Put(Notes(), {Text("n"), Int(0), Text(body + std::to_string(i))}).status();
        },
        &outcomes[static_cast<std::size_t>(i)]);
  }
  gate.Open();
  this->Drain();
  EXPECT_EQ(AsText((*this->Get(Notes(), {Text("n"), Int(0)}))[2]), "012");
}

TYPED_TEST(StoreTransact, ABodyHandsUniqueValuesFromRowToRow) {
  this->Put(People(), Person("p1", Text("Ada"), kNull, Text("ada@")));
  this->Put(People(), Person("p2", Text("Bob"), kNull, Text("bob@")));
  const auto give = [](Tx& tx, const char* id, const char* email) {
    return tx.Put(People(), Person(id, kNull, kNull, Text(email))).status();
  };
  EXPECT_OK(this->Try([&](Tx& tx) -> absl::Status {
    for (const auto& [id, email] :
         {std::pair{"p1", "both@"}, std::pair{"p2", "ada@"}, std::pair{"p1", "bob@"}}) {
      if (absl::Status status = give(tx, id, email); !status.ok()) return status;
    }
    return absl::OkStatus();
  }));
  EXPECT_EQ(AsText((*this->Get(People(), {Text("p1")}))[3]), "bob@");
  EXPECT_EQ(AsText((*this->Get(People(), {Text("p2")}))[3]), "ada@");
  EXPECT_OK(this->Try([&](Tx& tx) -> absl::Status {
    if (absl::Status status = tx.Delete(People(), {Text("p2")}); !status.ok()) return status;
    return give(tx, "p0", "ada@");
  }));
  EXPECT_THAT(this->Try([&](Tx& tx) { return give(tx, "p1", "ada@"); }),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(this->Scan(People(), {.index = 2}), ElementsAre("p0", "p1"));
}

TYPED_TEST(StoreTransact, ALongBodyThatFailsDisturbsNobody) {
  Gate gate;
  this->Hold(gate);
  std::vector<Outcome> outcomes(3);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    this->Queue(
        [i](Tx& tx) -> absl::Status {
          for (int row = 0; row < (i == 1 ? 10000 : 1); ++row) {
            const auto id = std::to_string(i) + "." + std::to_string(row);
            if (const auto put = tx.Put(Events(), Event(id)); !put.ok()) return put.status();
          }
          return i == 1 ? absl::AbortedError("changed my mind") : absl::OkStatus();
        },
        &outcomes[i]);
  }
  gate.Open();
  this->Drain();
  EXPECT_OK(outcomes[0]);
  EXPECT_THAT(outcomes[1], StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(outcomes[2]);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("0.0", "2.0"));
}

TYPED_TEST(StoreTransact, DoneGetsTheSequenceOfTheCommitThatHoldsTheEffect) {
  const std::int64_t before = this->Put(Events(), Event("a"));
  Gate gate;
  this->Hold(gate);
  Outcome first;
  Outcome second;
  std::int64_t b = 0;
  std::int64_t c = 0;
  const auto put = [](const char* id, std::int64_t* given) {
    return [id, given](Tx& tx) {
      const auto sequence = tx.Put(Events(), Event(id));
      *given = sequence.value_or(-1);
      return sequence.status();
    };
  };
  this->Queue(put("b", &b), &first);
  this->Queue(put("c", &c), &second);
  gate.Open();
  this->Drain();
  EXPECT_GT(b, before);
  EXPECT_GT(c, b);
  EXPECT_GE(*first, b);
  EXPECT_GE(*second, c);
  EXPECT_LE(*second, this->store_->committed_sequence());
}

TYPED_TEST(StoreTransact, EffectsRunAfterTheCommitAndBeforeAnyDoneOfTheGroup) {
  Gate gate;
  this->Hold(gate);
  std::vector<std::string> order;
  std::atomic<std::int64_t> commit = -1;
  const auto body = [&](const std::string& name, absl::Status end) {
    return [&order, &commit, name, end](Tx& tx) {
      EXPECT_OK(tx.Put(Events(), Event(name)));
      order.push_back("body " + name);
      tx.OnCommit([&order, &commit, name](std::int64_t sequence) {
        const std::int64_t known = commit.exchange(sequence);
        EXPECT_TRUE(known == -1 || known == sequence);
        order.push_back("effect " + name);
      });
      return end;
    };
  };
  const auto done = [&](const std::string& name) {
    return [&order, name](Outcome) { order.push_back("done " + name); };
  };
  this->store_->Transact({}, Acme(), body("a", absl::OkStatus()), done("a"));
  this->store_->Transact({}, Acme(), body("b", absl::AbortedError("no")), done("b"));
  this->store_->Transact({}, Acme(), body("c", absl::OkStatus()), done("c"));
  // The first word of this very commit: there may be more, and words of other commits.
  const int handle = this->store_->AddCommitListener([&](std::int64_t sequence) {
    std::int64_t expected = sequence;
    if (commit.compare_exchange_strong(expected, -2)) order.push_back("listener");
  });
  gate.Open();
  this->Drain();
  this->store_->RemoveCommitListener(handle);
  EXPECT_THAT(order, ElementsAre("body a", "body b", "body c", "effect a", "effect c", "listener",
                                 "done a", "done b", "done c"));
}

TYPED_TEST(StoreTransact, EffectsFindTheirCommitReadable) {
  EXPECT_OK(this->Try([this](Tx& tx) {
    EXPECT_OK(tx.Put(Events(), Event("a")));
    tx.OnCommit([this](std::int64_t sequence) {
      EXPECT_GE(this->store_->committed_sequence(), sequence);
      EXPECT_TRUE(this->Snap()->Includes(sequence));
      EXPECT_NE(this->Get(Events(), {Text("a")}), std::nullopt);
    });
    return absl::OkStatus();
  }));
}

TYPED_TEST(StoreTransact, ListenersHearEveryCommitUntilTheyAreRemoved) {
  std::vector<std::int64_t> heard;
  const int handle =
      this->store_->AddCommitListener([&](std::int64_t sequence) { heard.push_back(sequence); });
  const std::int64_t a = this->Put(Events(), Event("a"));
  const std::int64_t b = this->Put(Events(), Event("b"));
  EXPECT_FALSE(this->Try([](Tx&) { return absl::AbortedError(""); }).ok());
  this->store_->RemoveCommitListener(handle);
  const std::size_t words = heard.size();
  this->Put(Events(), Event("c"));
  EXPECT_EQ(heard.size(), words);
  // A word that the view has grown may come between.
  const auto said_a = std::find(heard.begin(), heard.end(), a);
  EXPECT_NE(said_a, heard.end());
  EXPECT_NE(std::find(said_a, heard.end(), b), heard.end());
}

TYPED_TEST(StoreTransact, ABodyWhoseDeadlinePassedIsNotRun) {
  Gate gate;
  this->Hold(gate);
  base::CallContext ctx;
  ctx.deadline = this->clock_.Now() + absl::Seconds(1);
  bool ran = false;
  Outcome late;
  Outcome other;
  const auto body = [&](Tx&) {
    ran = true;
    return absl::OkStatus();
  };
  this->Queue(body, &late, ctx);
  this->Queue([](Tx& tx) { return tx.Put(Events(), Event("a")).status(); }, &other);
  this->clock_.Advance(absl::Seconds(2));
  gate.Open();
  this->Drain();
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_FALSE(ran);
  EXPECT_THAT(other, IsOk());
}

TYPED_TEST(StoreTransact, AFullQueueRefusesAtOnceAndDoneIsStillCalledOnce) {
  this->Reopen([](EngineOptions& options) { options.max_queue = 3; });
  Gate gate;
  this->Hold(gate);
  std::vector<Outcome> outcomes(5);
  std::atomic<int> calls = 0;
  for (Outcome& outcome : outcomes) {
    this->store_->Transact(
        {}, Acme(), [](Tx&) { return absl::OkStatus(); },
        [&calls, &outcome](Outcome result) {
          outcome = std::move(result);
          ++calls;
        });
  }
  EXPECT_EQ(this->store_->queued(), 3U);
  gate.Open();
  while (calls < 5) std::this_thread::yield();
  for (std::size_t i = 0; i < 5; ++i) {
    if (i < 3) {
      EXPECT_OK(outcomes[i]);
    } else {
      EXPECT_THAT(outcomes[i], StatusIs(absl::StatusCode::kUnavailable));
    }
  }
  this->Drain();
  EXPECT_EQ(this->store_->queued(), 0U);
}

TYPED_TEST(StoreTransact, ClosingFinishesTheQueuedBodies) {
  Gate gate;
  this->Hold(gate);
  std::vector<Outcome> outcomes(20, absl::UnknownError("not called"));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    this->Queue([i](Tx& tx) { return tx.Put(Events(), Event(std::to_string(i))).status(); },
                &outcomes[i]);
  }
  gate.Open();
  this->store_.reset();
  for (const Outcome& outcome : outcomes) EXPECT_OK(outcome);
  this->Reopen({});
  EXPECT_THAT(this->Scan(Events(), {}), ::testing::SizeIs(TypeParam::kPersistent ? 20 : 0));
}

TYPED_TEST(StoreTransact, ConcurrentIncrementsLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_OK(this->Try([](Tx& tx) -> absl::Status {
          const auto row = tx.Get(People(), {Text("counter")});
          if (!row.ok()) return row.status();
          const std::int64_t now = row->has_value() ? AsInt((**row)[2]) : 0;
          return tx.Put(People(), Person("counter", kNull, Int(now + 1))).status();
        }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(AsInt((*this->Get(People(), {Text("counter")}))[2]), kThreads * kEach);
}

template <class Engine>
class StoreRead : public StoreContract<Engine> {};
TYPED_TEST_SUITE(StoreRead, Engines);

TYPED_TEST(StoreRead, ASnapshotStaysAsItWas) {
  const std::int64_t call = this->Put(Events(), Event("a", "call"));
  const auto old = this->Snap();
  const std::int64_t then = old->sequence();
  EXPECT_GE(then, call);
  const std::int64_t visit = this->Put(Events(), Event("a", "visit"));
  const std::int64_t b = this->Put(Events(), Event("b"));
  EXPECT_LT(then, visit);
  EXPECT_TRUE(old->Includes(call));
  EXPECT_FALSE(old->Includes(visit));
  EXPECT_EQ(AsText((**old->Get(Events(), {Text("a")}))[1]), "call");
  EXPECT_THAT(Ids(*old, Events(), {}), ElementsAre("a"));
  EXPECT_EQ(old->sequence(), then);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("a", "b"));
  EXPECT_GE(this->Snap()->sequence(), b);
}

TYPED_TEST(StoreRead, SnapshotsAreConsistentAndNeverClaimTooMuchUnderConcurrentWrites) {
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> last = 0;
  std::vector<std::int64_t> commits;
  std::thread writer([&] {
    for (std::int64_t i = 1; !stop; ++i) {
      const auto done = this->Try([i](Tx& tx) {
        EXPECT_OK(tx.Put(People(), Person("left", kNull, Int(i))));
        EXPECT_OK(tx.Put(People(), Person("right", kNull, Int(i))));
        return tx.Put(Events(), Event("e")).status();
      });
      EXPECT_OK(done);
      commits.push_back(*done);
      last = *done;
    }
  });
  std::vector<std::pair<std::size_t, std::int64_t>> views;  // commits shown, sequence claimed
  for (int i = 0; i < 300; ++i) {
    const std::int64_t acknowledged = last;
    const auto snapshot = this->Snap();
    EXPECT_TRUE(snapshot->Includes(acknowledged));
    const auto read = [&](const Table& table, const char* id) {
      const auto row = snapshot->Get(table, {Text(id)});
      EXPECT_OK(row);
      return row->has_value() ? AsInt((**row)[2]) : 0;
    };
    const std::int64_t left = read(People(), "left");
    EXPECT_EQ(left, read(People(), "right"));
    EXPECT_GE(read(Events(), "e"), acknowledged);
    views.emplace_back(static_cast<std::size_t>(left), snapshot->sequence());
  }
  stop = true;
  writer.join();
  for (const auto& [shown, claimed] : views) {
    if (shown < commits.size()) {
      EXPECT_LT(claimed, commits[shown]);
    }
  }
}

TYPED_TEST(StoreRead, SeesEveryAcknowledgedWrite) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const std::int64_t sequence = this->Put(Events(), Event(id));
        base::CallContext ctx;
        ctx.at_least = sequence;
        const auto snapshot = this->store_->Read(ctx, Acme());
        ASSERT_OK(snapshot);
        EXPECT_TRUE((*snapshot)->Includes(sequence));
        const auto row = (*snapshot)->Get(Events(), {Text(id)});
        ASSERT_OK(row);
        EXPECT_TRUE(row->has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TYPED_TEST(StoreRead, AnOpenSnapshotDoesNotHoldUpWriters) {
  this->Reopen([](EngineOptions& options) { options.checkpoint_bytes = 1 << 16; });
  const auto old = this->Snap();
  for (int i = 0; i < 300; ++i) {
    this->Put(People(), Person(std::to_string(i), Text(std::string(1000, 'x'))));
  }
  EXPECT_THAT(Ids(*old, People(), {}), IsEmpty());
  EXPECT_THAT(this->Scan(People(), {}), ::testing::SizeIs(300));
}

TYPED_TEST(StoreRead, AConsistencyTokenFromTheFutureIsUnavailable) {
  const std::int64_t sequence = this->Put(Events(), Event("a"));
  base::CallContext ctx;
  ctx.at_least = sequence + (std::int64_t{1} << 40);
  EXPECT_THAT(this->store_->Read(ctx, Acme()), StatusIs(absl::StatusCode::kUnavailable));
}

TYPED_TEST(StoreRead, WaitsForAFreeViewUntilTheDeadline) {
  this->Reopen([](EngineOptions& options) { options.readers = 1; });
  base::CallContext ctx;
  ctx.deadline = this->clock_.Now() + absl::Seconds(1);
  auto only = this->Snap();
  std::thread later([&] { this->clock_.Advance(absl::Seconds(2)); });
  EXPECT_THAT(this->store_->Read(ctx, Acme()), StatusIs(absl::StatusCode::kUnavailable));
  later.join();
  std::thread releases([&] { only.reset(); });
  EXPECT_OK(this->store_->Read({}, Acme()));
  releases.join();
}

TYPED_TEST(StoreRead, SequencesGrowOverReopeningAndDeletion) {
  if (!TypeParam::kPersistent) GTEST_SKIP() << "a store in memory ends with its object";
  const std::string id = this->store_->id();
  this->Put(Events(), Event("a"));
  const std::int64_t b = this->Put(Events(), Event("b"));
  this->Delete(Events(), {Text("b")});
  this->Reopen({});
  EXPECT_GE(this->store_->committed_sequence(), b);
  EXPECT_GE(this->Snap()->sequence(), b);
  EXPECT_GT(this->Put(Events(), Event("c")), b);
  EXPECT_EQ(this->store_->id(), id);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("a", "c"));
}

TYPED_TEST(StoreRead, EveryStoreHasItsOwnId) {
  TypeParam other;
  const auto second = other.Open(this->Options());
  ASSERT_OK(second);
  EXPECT_TRUE(base::IsUuid(this->store_->id()));
  EXPECT_NE((*second)->id(), this->store_->id());
}

}  // namespace
}  // namespace rapport::store
