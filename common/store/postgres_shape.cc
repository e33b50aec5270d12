#include "common/store/postgres_shape.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

absl::Status NotWhatIsKnown(absl::string_view key) {
  return absl::FailedPreconditionError(
      absl::StrCat(key, " in the schema is not what this program knows"));
}

std::string ColumnText(const Column& column) {
  return absl::StrCat(column.name, " ", SqlType(Dialect::kPostgres, column.type));
}

std::string ColumnKey(absl::string_view table, std::size_t number) {
  return absl::StrCat("table ", table, " column ", number);
}

// The columns of one table as the entries have them.
struct StoredColumns {
  std::map<std::string, const SchemaEntry*> by_name;
  std::size_t next = 0;  // the first number that is free

  StoredColumns(const SchemaEntries& entries, absl::string_view table) {
    const std::string prefix = absl::StrCat("table ", table, " column ");
    for (auto at = entries.lower_bound(prefix);
         at != entries.end() && absl::StartsWith(at->first, prefix); ++at) {
      by_name[at->second.text.substr(0, at->second.text.find(' '))] = &at->second;
      std::size_t number = 0;
      if (absl::SimpleAtoi(at->first.substr(prefix.size()), &number)) {
        next = std::max(next, number + 1);
      }
    }
  }
};

class Missing {
 public:
  Missing(const SchemaEntries& entries, const SqlTable& sql, std::int64_t oldest)
      : entries_(entries),
        sql_(sql),
        table_(*sql.table),
        prefix_(absl::StrCat("table ", table_.name, " ")),
        of_table_(absl::StrCat(" of table ", table_.name)),
        oldest_(oldest),
        is_new_(!entries.contains(prefix_ + "key")) {}

  absl::StatusOr<std::vector<SchemaChange>> Find() && {
    const std::string name = Quoted(table_.name);
    const std::string own = "tenant = current_setting('rapport.tenant', true)";
    // Before the table itself: whoever is killed between finds a table that is not there yet.
    RETURN_IF_ERROR(NeedColumns());
    RETURN_IF_ERROR(
        Need({prefix_ + "key",
              absl::StrCat(table_.key_columns),
              absl::StrCat("table ", table_.name),
              {sql_.CreateTable(), absl::StrCat("ALTER TABLE ", name, " ENABLE ROW LEVEL SECURITY"),
               absl::StrCat("ALTER TABLE ", name, " FORCE ROW LEVEL SECURITY"),
               absl::StrCat("CREATE POLICY rapport_tenant ON ", name, " USING (", own,
                            ") WITH CHECK (", own, ")")}}));
    RETURN_IF_ERROR(Need({prefix_ + "owner",
                          "rapport_owner",
                          absl::StrCat("look of the owner at table ", table_.name),
                          {absl::StrCat("DROP POLICY IF EXISTS rapport_owner ON ", name),
                           absl::StrCat("CREATE POLICY rapport_owner ON ", name,
                                        " FOR SELECT TO CURRENT_USER USING"
                                        " (current_setting('rapport.owner', true) = 'on')")}}));
    for (std::size_t i = 0; i < table_.indexes.size(); ++i) RETURN_IF_ERROR(NeedIndex(i));
    if (table_.sequence_column >= 0) {
      const std::string create = sql_.CreateSequenceIndex();
      RETURN_IF_ERROR(Need(
          {prefix_ + "feed",
           "rapport_feed",
           absl::StrCat("feed", of_table_),
           {absl::StrCat("DROP POLICY IF EXISTS rapport_feed ON ", name),
            absl::StrCat("CREATE POLICY rapport_feed ON ", name,
                         " FOR SELECT USING (current_setting('rapport.feed', true) = 'on')")}}));
      RETURN_IF_ERROR(Need({prefix_ + "sequence",
                            create,
                            absl::StrCat("index ", sql_.SequenceIndexName(), of_table_),
                            {create},
                            is_new_ ? "" : sql_.SequenceIndexName()}));
    }
    return std::move(changes_);
  }

 private:
  absl::Status Need(SchemaChange change) {
    const auto known = entries_.find(change.key);
    if (known == entries_.end()) {
      changes_.push_back(std::move(change));
      return absl::OkStatus();
    }
    return known->second.text == change.text ? absl::OkStatus() : NotWhatIsKnown(change.key);
  }

  absl::Status NeedColumns() {
    const StoredColumns stored(entries_, table_.name);
    std::size_t next = stored.next;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const Column& column = table_.columns[i];
      const std::string text = ColumnText(column);
      const std::string what = absl::StrCat("column ", column.name, of_table_);
      const auto known = stored.by_name.find(column.name);
      const bool in_key = i < static_cast<std::size_t>(table_.key_columns);
      if (is_new_) {
        changes_.push_back({ColumnKey(table_.name, i), text, what, {}});
      } else if (in_key) {
        const auto at = entries_.find(ColumnKey(table_.name, i));
        if (at == entries_.end() || at->second.text != text) {
          return NotWhatIsKnown(ColumnKey(table_.name, i));
        }
      } else if (known == stored.by_name.end()) {
        added_.insert(column.name);
        changes_.push_back({ColumnKey(table_.name, next++), text, what, {sql_.AddColumn(i)}});
      } else if (known->second->text != text) {
        return NotWhatIsKnown(what);
      } else if (known->second->number > oldest_) {
        added_.insert(column.name);
      }
    }
    return absl::OkStatus();
  }

  absl::Status NeedIndex(std::size_t i) {
    const Index& index = table_.indexes[i];
    const std::string create = sql_.CreateIndex(i);
    const bool own = std::any_of(index.columns.begin(), index.columns.end(), [&](int c) {
      return added_.contains(table_.columns[static_cast<std::size_t>(c)].name);
    });
    return Need({absl::StrCat(prefix_, "index ", index.name),
                 create,
                 absl::StrCat("index ", sql_.orders[i + 1].sql_name, of_table_),
                 {create},
                 is_new_ ? "" : sql_.orders[i + 1].sql_name,
                 !is_new_ && index.unique && !own});
  }

  const SchemaEntries& entries_;
  const SqlTable& sql_;
  const Table& table_;
  const std::string prefix_;
  const std::string of_table_;
  const std::int64_t oldest_;
  const bool is_new_;
  std::set<std::string> added_;  // columns that older programs do not know
  std::vector<SchemaChange> changes_;
};

}  // namespace

absl::StatusOr<std::vector<SchemaChange>> MissingIn(const SchemaEntries& entries,
                                                    const Catalog& catalog, std::int64_t oldest) {
  std::vector<SchemaChange> all;
  for (const SqlTable& table : catalog.tables()) {
    ASSIGN_OR_RETURN(auto changes, Missing(entries, table, oldest).Find());
    std::move(changes.begin(), changes.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<SchemaChange> LeftoversIn(const SchemaEntries& entries, const Catalog& catalog) {
  std::vector<SchemaChange> indexes;
  std::vector<SchemaChange> columns;
  std::vector<SchemaChange> tables;
  for (const auto& [key, entry] : entries) {
    const std::vector<std::string> words = absl::StrSplit(key, ' ');
    if (words[0] != "table" || words.size() < 3 || absl::StartsWith(words[1], "admin_")) continue;
    const Table* const table = catalog.Named(words[1]);
    const std::string of_table = absl::StrCat(" of table ", words[1]);
    if (table == nullptr) {
      // Its other entries go with the table.
      SchemaChange change{key, "", absl::StrCat("table ", words[1]), {}};
      if (words[2] == "key") change.sql = {absl::StrCat("DROP TABLE ", Quoted(words[1]))};
      tables.push_back(std::move(change));
    } else if (words[2] == "index") {
      const bool known = std::any_of(table->indexes.begin(), table->indexes.end(),
                                     [&](const Index& index) { return index.name == words[3]; });
      if (known) continue;
      const std::string name = absl::StrCat(words[1], "__", words[3]);
      indexes.push_back({key, "", absl::StrCat("index ", name, of_table), {}, name});
    } else if (words[2] == "column") {
      const std::string name = entry.text.substr(0, entry.text.find(' '));
      const bool known = std::any_of(table->columns.begin(), table->columns.end(),
                                     [&](const Column& column) { return column.name == name; });
      // The number of a column that went stays taken: the entry stays, without a name.
      if (known || name.empty()) continue;
      columns.push_back(
          {key,
           "",
           absl::StrCat("column ", name, of_table),
           {absl::StrCat("ALTER TABLE ", Quoted(words[1]), " DROP COLUMN ", Quoted(name))}});
    }
  }
  indexes.insert(indexes.end(), columns.begin(), columns.end());
  indexes.insert(indexes.end(), tables.begin(), tables.end());
  return indexes;
}

}  // namespace rapport::store
