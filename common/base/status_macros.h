#ifndef RAPPORT_COMMON_BASE_STATUS_MACROS_H_
#define RAPPORT_COMMON_BASE_STATUS_MACROS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// RETURN_IF_ERROR(expr): returns the Status of `expr` from this function unless it is OK.
#define RETURN_IF_ERROR(expr)                                                 \
  do {                                                                        \
    if (absl::Status status_macro_value = (expr); !status_macro_value.ok()) { \
      return status_macro_value;                                              \
    }                                                                         \
  } while (false)

#define RAPPORT_STATUS_CONCAT_INNER(a, b) a##b
#define RAPPORT_STATUS_CONCAT(a, b) RAPPORT_STATUS_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(lhs, expr): assigns the value of the StatusOr `expr`, or returns its Status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_INNER(RAPPORT_STATUS_CONCAT(status_macro_or_, __LINE__), lhs, expr)
// `var` is a name and `lhs` may be a declaration: neither can stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define ASSIGN_OR_RETURN_INNER(var, lhs, expr)   \
  auto var = (expr);                             \
  if (!var.ok()) return std::move(var).status(); \
  lhs = *std::move(var)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // RAPPORT_COMMON_BASE_STATUS_MACROS_H_
