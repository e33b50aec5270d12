"""A key, its JWKS and a signed token, made with the openssl program: callers show who they are."""

import base64
import json
import os
import subprocess
import time


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True,
                          check=True).stdout


def raw_signature(der):
    """r and s of an ECDSA signature, 32 bytes each (RFC 7518, section 3.4)."""
    numbers = []
    at = 2
    for _ in range(2):
        length = der[at + 1]
        numbers.append(der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0"))
        at += 2 + length
    return b"".join(numbers)


def new_key(folder, name, **more):
    """Makes a key; returns its file and its public JWK."""
    key = os.path.join(folder, name + "-key.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    os.chmod(key, 0o600)
    point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-64:]
    return key, {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": name,
                 "x": encoded(point[:32]), "y": encoded(point[32:]), **more}


def service_key(folder, service):
    """Writes SERVICE.jwk, the key that the service signs with; returns its public JWK."""
    key, jwk = new_key(folder, service, rapport_service=service)
    # RFC 5915 as DER: SEQUENCE, INTEGER 1, then the number as an OCTET STRING of 32 bytes.
    der = openssl("ec", "-in", key, "-outform", "DER")
    path = os.path.join(folder, service + ".jwk")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({**jwk, "d": encoded(der[7:39])}, out)
    return jwk


def make(folder, tenant, scopes, services):
    """Writes jwks.json, authorization (the value of the header) and the services' own keys into
    `folder`."""
    key, jwk = new_key(folder, "bench")
    with open(os.path.join(folder, "jwks.json"), "w") as out:
        json.dump({"keys": [jwk] + [service_key(folder, service) for service in services]}, out)
    now = int(time.time())
    header = {"alg": "ES256", "typ": "JWT", "kid": "bench"}
    claims = {"iss": "https://bench.example", "aud": "rapport", "sub": "bench", "tenant": tenant,
              "scope": " ".join(scopes), "iat": now, "exp": now + 3500}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = raw_signature(openssl("dgst", "-sha256", "-sign", key, data=signed.encode()))
    path = os.path.join(folder, "authorization")
    with open(path, "w") as out:
        out.write("Bearer %s.%s\n" % (signed, encoded(signature)))
    return path
