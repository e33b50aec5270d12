// Ownership of a JSON Web Signature of cjose.
#ifndef RAPPORT_COMMON_AUTH_JWS_H_
#define RAPPORT_COMMON_AUTH_JWS_H_

#include <cjose/cjose.h>

#include <memory>

namespace rapport::auth {

struct JwsRelease {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jws = std::unique_ptr<cjose_jws_t, JwsRelease>;

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_JWS_H_
