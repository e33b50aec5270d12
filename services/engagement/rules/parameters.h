// The numbers behind the measures, with the defaults of product.md 3.0.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_PARAMETERS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_PARAMETERS_H_

#include <array>

#include "absl/time/time.h"

namespace rapport::engagement::rules {

// Statistics that were folded with one set of parameters must be read with the same set.
struct Parameters {
  // Half-lives in days.
  double contact_half_life_days = 90;
  double promise_half_life_days = 180;
  // Of what makes intimacy: problems and implications told, comfort, breaches.
  double fact_half_life_days = 180;
  // Of claims of ours, borne out or corrected.
  double claim_half_life_days = 180;

  // Understanding (3.4), in the order of the slots: situation, problem, implication, need-payoff.
  std::array<double, 4> slot_half_life_days = {365, 180, 180, 120};
  std::array<double, 4> slot_weights = {0.15, 0.25, 0.30, 0.30};
  // What an inference of ours is worth against the person's own word.
  double inference_value = 0.5;

  // Scales: A0 of volume, D of duration in years, k of exchanges.
  double intensity_scale = 3.0;
  double duration_scale_years = 2.0;
  double shrink_exchanges = 5.0;

  double words_per_second = 2.5;
  // Decayed seconds of talk below which listening is INSUFFICIENT.
  double listening_minimum_seconds = 300;
  // Trust (3.7): the least that we are taken to want for ourselves.
  double self_orientation_floor = 0.05;

  // Rhythm (3.8).
  double default_expected_days = 60;
  double tolerance_factor = 1.5;
  double dormancy_factor = 3.0;
  // Contacts closer together than this are one conversation, not a rhythm.
  double shortest_gap_days = 1.0;

  // A promise is broken once this much has passed after its due time.
  absl::Duration promise_grace = absl::Hours(48);
  // How long their message is taken to wait for our answer.
  absl::Duration answer_window = absl::Hours(24 * 30);
  // Working time within which an answer comes in time.
  absl::Duration reply_time = absl::Hours(16);
  // How long feedback may wait for an answer.
  absl::Duration feedback_time = absl::Hours(24 * 30);
  // When after-care is due, counted from the delivery.
  absl::Duration after_care_time = absl::Hours(24 * 14);

  // Longest bounded lists of the statistics.
  int max_recent = 9;
  int max_threads = 32;
  int max_open_promises = 200;
  int max_open_feedback = 50;
  int max_replies = 64;
  int max_asks = 32;
  // Most moves of one fact or need.
  int max_moves = 200;
};

// The rhythm that was declared for a relationship, in days; 0 where nothing was.
struct DeclaredRhythm {
  double wish_days = 0;
  double tolerate_days = 0;
};

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_PARAMETERS_H_
