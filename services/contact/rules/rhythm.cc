#include "services/contact/rules/rhythm.h"

namespace rapport::contact::rules {
namespace {

constexpr double kTolerance = 1.5;

bool Declared(const v1::Rhythm& rhythm) {
  return rhythm.wish_days() > 0 || rhythm.tolerate_days() > 0;
}

v1::Rhythm From(const v1::Rhythm& declared, v1::Rhythm::Source source) {
  v1::Rhythm rhythm = declared;
  if (rhythm.wish_days() <= 0) rhythm.set_wish_days(rhythm.tolerate_days() / kTolerance);
  if (rhythm.tolerate_days() <= 0) rhythm.set_tolerate_days(rhythm.wish_days() * kTolerance);
  rhythm.set_source(source);
  return rhythm;
}

}  // namespace

absl::optional<v1::Rhythm> EffectiveRhythm(const v1::Relationship& relationship,
                                           const v1::Settings& settings) {
  if (Declared(relationship.rhythm())) return From(relationship.rhythm(), v1::Rhythm::PERSON);
  for (const auto& label : relationship.labels()) {
    for (const auto& candidate : settings.label_rhythms()) {
      if (candidate.label() == label && Declared(candidate.rhythm())) {
        return From(candidate.rhythm(), v1::Rhythm::LABEL);
      }
    }
  }
  if (Declared(settings.default_rhythm())) {
    return From(settings.default_rhythm(), v1::Rhythm::TENANT);
  }
  return absl::nullopt;
}

}  // namespace rapport::contact::rules
