#include "base/openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace nanika::base {

void OpenSslFree::operator()(ssl_st* p) const {
  SSL_free(p);
}
void OpenSslFree::operator()(ssl_ctx_st* p) const {
  SSL_CTX_free(p);
}
void OpenSslFree::operator()(x509_st* p) const {
  X509_free(p);
}
void OpenSslFree::operator()(evp_pkey_st* p) const {
  EVP_PKEY_free(p);
}
void OpenSslFree::operator()(evp_pkey_ctx_st* p) const {
  EVP_PKEY_CTX_free(p);
}
void OpenSslFree::operator()(evp_md_ctx_st* p) const {
  EVP_MD_CTX_free(p);
}
void OpenSslFree::operator()(bio_st* p) const {
  BIO_free_all(p);
}

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  return fmt::format("error {:#x}", code);
}

Result<std::vector<OpenSslPtr<X509>>> read_certificates(const std::string& pem) {
  const OpenSslPtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<OpenSslPtr<X509>> certificates;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(one);
  }
  const unsigned long last = ERR_peek_last_error();
  const bool end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (!end) {
    return fail(Code::kInvalid, "certificate {} of the PEM does not parse: {}",
                certificates.size() + 1, openssl_error());
  }
  ERR_clear_error();
  if (certificates.empty()) return fail(Code::kInvalid, "there is no certificate in the PEM");
  return certificates;
}

Result<OpenSslPtr<EVP_PKEY>> read_private_key(const std::string& pem) {
  const OpenSslPtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ERR_clear_error();
  // An encrypted key must fail and not ask on the terminal.
  static constexpr auto kNoPassword = [](char*, int, int, void*) { return -1; };
  OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, kNoPassword, nullptr));
  if (key == nullptr) {
    return fail(Code::kInvalid, "the PEM holds no private key that can be read: {}",
                openssl_error());
  }
  return key;
}

namespace {

std::vector<std::string> names_of(X509_NAME* name, int nid) {
  std::vector<std::string> values;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    values.emplace_back(reinterpret_cast<char*>(utf8), static_cast<size_t>(size));
    OPENSSL_free(utf8);
  }
  return values;
}

}  // namespace

PeerCertificate describe_peer(X509& certificate) {
  PeerCertificate peer;
  X509_NAME* subject = X509_get_subject_name(&certificate);
  auto names = names_of(subject, NID_commonName);
  // Of several the last is the most specific one, as Go's pkix.Name has it.
  if (!names.empty()) peer.common_name = std::move(names.back());
  peer.organizations = names_of(subject, NID_organizationName);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) == 1) {
    for (unsigned int i = 0; i < size; ++i) peer.fingerprint += fmt::format("{:02x}", digest[i]);
  }
  return peer;
}

}  // namespace nanika::base
