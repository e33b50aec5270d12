// gmock matchers for absl::Status and StatusOr.
#ifndef RAPPORT_COMMON_TESTING_MATCHERS_H_
#define RAPPORT_COMMON_TESTING_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rapport::testing {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <class T>
const absl::Status& GetStatus(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).ok();
}
MATCHER_P(StatusIs, code, "has the status code") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).code() == code;
}
MATCHER_P2(StatusIs, code, message, "has the status code and a matching message") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).code() == code &&
         ::testing::ExplainMatchResult(message, std::string(GetStatus(arg).message()),
                                       result_listener);
}

}  // namespace rapport::testing

#define ASSERT_OK(expr) ASSERT_THAT(expr, ::rapport::testing::IsOk())
#define EXPECT_OK(expr) EXPECT_THAT(expr, ::rapport::testing::IsOk())
#define RAPPORT_TEST_CONCAT_INNER(a, b) a##b
#define RAPPORT_TEST_CONCAT(a, b) RAPPORT_TEST_CONCAT_INNER(a, b)
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  ASSERT_OK_AND_ASSIGN_INNER(RAPPORT_TEST_CONCAT(test_or_, __LINE__), lhs, expr)
// `var` is a name and `lhs` may be a declaration: neither can stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define ASSERT_OK_AND_ASSIGN_INNER(var, lhs, expr) \
  auto var = (expr);                               \
  ASSERT_OK(var);                                  \
  lhs = *std::move(var)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // RAPPORT_COMMON_TESTING_MATCHERS_H_
