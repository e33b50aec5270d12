// What a service keeps in its store: for its main, and for those who work on stores.
#ifndef RAPPORT_COMMON_RESOURCE_SCHEMA_H_
#define RAPPORT_COMMON_RESOURCE_SCHEMA_H_

#include <string>
#include <vector>

#include "common/cache/guarded_tables.h"
#include "common/resource/derived.h"
#include "common/store/fill.h"
#include "common/store/store.h"

namespace rapport::resource {

struct Schema {
  std::string service;
  // Of the tables' meaning. One more whenever a table, a column or an index comes or goes.
  int version = 1;
  std::vector<const store::Table*> tables = {};
  // Those of them that speak of the store and not of a tenant: how far it has followed others, its
  // secrets. They stay when a tenant moves.
  std::vector<const store::Table*> own_tables = {};
  // Those whose rows can be read through the shared cache.
  std::vector<cache::GuardedTable> cached = {};
  // How rows of earlier versions get what they lack.
  std::vector<store::Fill> fills = {};
  // What follows from the rest: of this store, and of other services' stores.
  std::vector<Derived> derived = {};
  std::vector<Copies> copies = {};
  // Tables whose last column is a message.
  std::vector<Body> bodies = {};
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_SCHEMA_H_
