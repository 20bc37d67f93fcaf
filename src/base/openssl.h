// What the .cc files on OpenSSL share: owning pointers and errors. Includes no OpenSSL itself.
#pragma once

#include <memory>
#include <string>

#include "base/tls.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;
struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_ctx_st;
struct bio_st;

namespace nanika::base {

/// Frees any of OpenSSL's objects that we own.
struct OpenSslFree {
  void operator()(ssl_st* p) const;
  void operator()(ssl_ctx_st* p) const;
  void operator()(x509_st* p) const;
  void operator()(evp_pkey_st* p) const;
  void operator()(evp_pkey_ctx_st* p) const;
  void operator()(evp_md_ctx_st* p) const;
  void operator()(bio_st* p) const;
};
template <class T>
using OpenSslPtr = std::unique_ptr<T, OpenSslFree>;

/// The oldest error of this thread's queue, in words, and empties the queue.
std::string openssl_error();

/// All certificates of a PEM; kInvalid when there is none or one does not parse.
Result<std::vector<OpenSslPtr<x509_st>>> read_certificates(const std::string& pem);
Result<OpenSslPtr<evp_pkey_st>> read_private_key(const std::string& pem);

/// What a certificate says of its holder.
PeerCertificate describe_peer(x509_st& certificate);

}  // namespace nanika::base
