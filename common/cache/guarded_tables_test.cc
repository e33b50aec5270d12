#include "common/cache/guarded_tables.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace rapport::cache {
namespace {

using store::Value;

TEST(RowId, TellsKeysApart) {
  const std::vector<std::vector<Value>> keys = {
      {std::string("a"), std::string("b")},
      {std::string("ab")},
      {std::string("a"), std::string()},
      {std::string("a")},
      {std::string("1:at1:b")},
      {std::string("1")},
      {std::int64_t{1}},
      {std::int64_t{-1}},
      {std::int64_t{1}, std::int64_t{2}},
      {std::int64_t{12}},
      {std::string("i1;")},
      {std::string("a\0", 2)},
  };
  std::set<std::string> ids;
  for (const auto& key : keys) ids.insert(RowId(key));
  EXPECT_EQ(ids.size(), keys.size());
}

}  // namespace
}  // namespace rapport::cache
