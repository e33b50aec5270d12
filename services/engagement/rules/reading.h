// One measured number inside the rules; rapport.type.v1.Measure is its form on the wire.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_READING_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_READING_H_

#include "rapport/type/v1/common.pb.h"

namespace rapport::engagement::rules {

// `value` is 0 and says nothing unless `status` is OK.
struct Reading {
  double value = 0;
  type::v1::MeasureStatus status = type::v1::MEASURE_STATUS_UNDEFINED;
  double n = 0;
  double half_life_days = 0;

  bool ok() const { return status == type::v1::MEASURE_STATUS_OK; }
};

inline Reading Known(double value, double n, double half_life_days) {
  return {value, type::v1::MEASURE_STATUS_OK, n, half_life_days};
}

// No input, or none that the formula can use.
inline Reading Undefined(double half_life_days) {
  return {0, type::v1::MEASURE_STATUS_UNDEFINED, 0, half_life_days};
}

// Some input, too little to speak.
inline Reading Insufficient(double n, double half_life_days) {
  return {0, type::v1::MEASURE_STATUS_INSUFFICIENT, n, half_life_days};
}

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_READING_H_
