// What a PostgreSQL schema says of its tables (in rapport_meta), and how that differs from what a
// program knows. Pure: entries in, statements out.
//
//   table T key        how many columns the key has, which come first
//   table T column N   name and type; the number is the version of the schema that brought it
//   table T index I    the statement that makes it; so does `table T sequence`
//   table T owner      the schema's owner may look at all tenants, if it says so
//
// Columns are told by their names, so two programs may know different columns of one table; what
// an older one does not know stays as it is when it writes, NULL in rows that it makes. A column
// or an index that changes its meaning gets another name.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_SHAPE_H_
#define RAPPORT_COMMON_STORE_POSTGRES_SHAPE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/sql_catalog.h"

namespace rapport::store {

struct SchemaEntry {
  std::int64_t number = 0;
  std::string text = {};
};
using SchemaEntries = std::map<std::string, SchemaEntry>;

struct SchemaChange {
  std::string key;   // the entry that says that it was done (or, of leftovers, is to go)
  std::string text;  // what it says
  std::string what;  // for operators: "column size of table things"
  std::vector<std::string> sql;
  std::string index = {};  // its name, if it is one index of a table that exists
  // A unique index over columns that older programs write too: they could break it.
  bool waits_for_older = false;
};

// What the schema lacks, in the order in which it can be made. `oldest`: the version of the oldest
// program that may still write. FAILED_PRECONDITION if something has the name but is another thing.
absl::StatusOr<std::vector<SchemaChange>> MissingIn(const SchemaEntries& entries,
                                                    const Catalog& catalog, std::int64_t oldest);
// What the program does not know (any more), in the order in which it can be dropped; tables called
// admin_ something are never among it.
std::vector<SchemaChange> LeftoversIn(const SchemaEntries& entries, const Catalog& catalog);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_SHAPE_H_
