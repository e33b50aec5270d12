// grpc.reflection.v1alpha.ServerReflection: tells tools like grpcurl what this process offers, from
// the linked descriptors. Open to everybody who reaches the process, so off unless asked for.
#ifndef RAPPORT_COMMON_RPC_REFLECTION_H_
#define RAPPORT_COMMON_RPC_REFLECTION_H_

#include "common/rpc/method_table.h"

namespace rapport::rpc {

// Adds the service to the table. Call it after all other services are in the table: only what the
// table has by then is listed.
void AddReflection(MethodTable* table);

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_REFLECTION_H_
