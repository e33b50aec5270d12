// Random filters against the plain meaning of what they are made of.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource/filter.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/relationship.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::Relationship;

// A piece of a filter, and what it means.
struct Piece {
  enum class Kind { kAtom, kNot, kAll, kAny } kind = Kind::kAtom;
  std::string text;
  std::function<bool(const Relationship&)> means;
};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  int Below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }

 private:
  std::mt19937_64 engine_;
};

const char* const kSigns[] = {"=", "!=", "<", "<=", ">", ">="};

template <class T>
bool Compares(int sign, const T& a, const T& b) {
  switch (sign) {
    case 0:
      return a == b;
    case 1:
      return a != b;
    case 2:
      return a < b;
    case 3:
      return a <= b;
    case 4:
      return a > b;
    default:
      return a >= b;
  }
}

std::string Word(Chance& chance) {
  std::string word;
  for (int i = chance.Below(4); i >= 0; --i) word.push_back("aab"[chance.Below(3)]);
  return word;
}

Piece Atom(Chance& chance) {
  const std::string gap = chance.Below(2) == 0 ? " " : "";
  const int sign = chance.Below(6);
  const auto compare = [&](const std::string& field, const std::string& value) {
    return absl::StrCat(field, gap, kSigns[sign], gap, value);
  };
  switch (chance.Below(8)) {
    case 0: {
      const std::int64_t number = chance.Below(5) - 2;
      return {Piece::Kind::kAtom, compare("revision", absl::StrCat(number)),
              [=](const Relationship& r) { return Compares(sign, r.revision(), number); }};
    }
    case 1: {
      const std::string word = Word(chance);
      return {Piece::Kind::kAtom, compare("house", absl::StrCat("\"", word, "\"")),
              [=](const Relationship& r) { return Compares(sign, r.house(), word); }};
    }
    case 2: {
      const std::string head = Word(chance);
      return {Piece::Kind::kAtom, absl::StrCat("house", gap, "=", gap, head, "*"),
              [=](const Relationship& r) { return r.house().rfind(head, 0) == 0; }};
    }
    case 3: {
      const std::string word = Word(chance);
      return {Piece::Kind::kAtom, absl::StrCat("house:", word),
              [=](const Relationship& r) { return r.house().find(word) != std::string::npos; }};
    }
    case 4: {
      const std::string word = Word(chance);
      const bool in = chance.Below(2) == 0;
      return {Piece::Kind::kAtom, absl::StrCat("labels", in ? ":" : "!=", gap, word),
              [=](const Relationship& r) {
                bool found = false;
                for (const auto& label : r.labels()) found |= label == word;
                return found == in;
              }};
    }
    case 5: {
      const auto standing = static_cast<contact::v1::Standing>(chance.Below(4));
      return {Piece::Kind::kAtom,
              absl::StrCat("standing", gap, "=", gap, contact::v1::Standing_Name(standing)),
              [=](const Relationship& r) { return r.standing() == standing; }};
    }
    case 6:
      return {Piece::Kind::kAtom, "orphaned", [](const Relationship& r) { return r.orphaned(); }};
    default: {
      const int second = chance.Below(3);
      return {Piece::Kind::kAtom,
              compare("create_time", absl::StrCat("\"1970-01-01T00:00:0", second, "Z\"")),
              [=](const Relationship& r) {
                return r.has_create_time() &&
                       Compares<std::int64_t>(sign, r.create_time().seconds(), second);
              }};
    }
  }
}

std::string Inside(const Piece& piece, bool parentheses) {
  return parentheses ? absl::StrCat("(", piece.text, ")") : piece.text;
}

Piece Random(Chance& chance, int depth) {
  const int kind = depth == 0 ? 0 : chance.Below(4);
  if (kind == 0) return Atom(chance);
  if (kind == 1) {
    const Piece inner = Random(chance, depth - 1);
    return {Piece::Kind::kNot,
            absl::StrCat(chance.Below(2) == 0 ? "NOT " : "-",
                         Inside(inner, inner.kind != Piece::Kind::kAtom)),
            [=](const Relationship& r) { return !inner.means(r); }};
  }
  std::vector<Piece> parts;
  for (int i = chance.Below(3); i >= -1; --i) parts.push_back(Random(chance, depth - 1));
  const bool any = kind == 2;
  std::string text;
  for (const auto& part : parts) {
    // OR binds tighter: an AND inside of it needs parentheses, an OR inside of AND does not.
    const bool must = any && part.kind == Piece::Kind::kAll;
    if (!text.empty()) text += any ? " OR " : chance.Below(2) == 0 ? " AND " : " ";
    text += Inside(part, must || chance.Below(4) == 0);
  }
  return {any ? Piece::Kind::kAny : Piece::Kind::kAll, text, [=](const Relationship& r) {
            for (const auto& part : parts) {
              if (part.means(r) == any) return any;
            }
            return !any;
          }};
}

Relationship RandomRelationship(Chance& chance) {
  Relationship out;
  out.set_revision(chance.Below(5) - 2);
  out.set_house(Word(chance));
  for (int i = chance.Below(3); i > 0; --i) out.add_labels(Word(chance));
  out.set_standing(static_cast<contact::v1::Standing>(chance.Below(4)));
  out.set_orphaned(chance.Below(2) == 0);
  if (chance.Below(2) == 0) out.mutable_create_time()->set_seconds(chance.Below(3));
  return out;
}

TEST(FilterAgreement, RandomFiltersMeanWhatTheirPiecesMean) {
  Chance chance(20260301);
  int fitting = 0;
  int all = 0;
  for (int i = 0; i < 1000; ++i) {
    const Piece piece = Random(chance, 3);
    const auto filter = Filter::Parse(piece.text, Relationship::descriptor());
    if (!filter.ok() && piece.text.size() > 1500) continue;  // over a limit
    ASSERT_OK(filter) << piece.text;
    for (int k = 0; k < 20; ++k) {
      const Relationship relationship = RandomRelationship(chance);
      const bool expected = piece.means(relationship);
      ASSERT_EQ(filter->Matches(relationship), expected) << piece.text << "\n"
                                                         << relationship.ShortDebugString();
      fitting += expected ? 1 : 0;
      ++all;
    }
  }
  // Neither side is nearly empty: the test would not see much.
  EXPECT_GT(fitting, all / 5);
  EXPECT_LT(fitting, all - all / 5);
}

// What a filter pins is so in whatever it fits: List may go by an index.
TEST(FilterAgreement, WhatIsPinnedHoldsInWhateverFits) {
  Chance chance(7);
  int pinned = 0;
  for (int i = 0; i < 3000; ++i) {
    const Piece piece = Random(chance, 2);
    const auto filter = Filter::Parse(piece.text, Relationship::descriptor());
    ASSERT_OK(filter) << piece.text;
    Relationship example;
    for (const auto* field : filter->Pin(&example)) {
      if (field->name() != "house") continue;
      for (int k = 0; k < 20; ++k) {
        const Relationship relationship = RandomRelationship(chance);
        if (!filter->Matches(relationship)) continue;
        ++pinned;
        ASSERT_EQ(relationship.house(), example.house()) << piece.text;
      }
    }
  }
  EXPECT_GT(pinned, 20);
}

}  // namespace
}  // namespace rapport::resource
