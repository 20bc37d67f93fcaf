#include "base/x509.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/encoding.h"
#include "base/openssl.h"

namespace nanika::base::x509 {

namespace {

constexpr std::chrono::minutes kBackdate{5};
constexpr size_t kMaxName = 64;  ///< ub-common-name of RFC 5280
constexpr size_t kMaxOrganization = 64;

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(Code::kInternal, "{}: {}", what, openssl_error());
}

template <class Write>
Result<std::string> to_pem(Write write) {
  const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (write(bio.get()) != 1) return openssl_failed("writing PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

Result<std::string> key_to_pem(EVP_PKEY* key) {
  return to_pem([key](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Result<OpenSslPtr<EVP_PKEY>> new_key() {
  OpenSslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_failed("making a key");
  return key;
}

Result<void> add_name(X509_NAME* name, int nid, const std::string& value, size_t limit) {
  if (value.empty() || value.size() > limit || value.find('\0') != std::string::npos) {
    return fail(Code::kInvalid, "certificate subject: \"{}\" must have 1 to {} bytes", value,
                limit);
  }
  if (X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0) != 1) {
    return fail(Code::kInvalid, "certificate subject: \"{}\": {}", value, openssl_error());
  }
  return {};
}

Result<void> add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  const bool good = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return good ? Result<void>{} : openssl_failed("certificate extension");
}

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && name.size() <= 253 && !name.starts_with('.') && !name.ends_with('.') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

bool is_ip(const std::string& text) {
  std::array<unsigned char, 16> buffer;
  return ::inet_pton(AF_INET, text.c_str(), buffer.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), buffer.data()) == 1;
}

/// subjectAltName in OpenSSL's configuration syntax; names are checked, so none can break out of
/// it.
Result<std::string> alternative_names(const ServerSubject& subject) {
  std::string out;
  for (const std::string& name : subject.dns_names) {
    if (!is_dns_name(name)) return fail(Code::kInvalid, "SAN \"{}\" is not a DNS name", name);
    out += (out.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const std::string& address : subject.ip_addresses) {
    if (!is_ip(address)) return fail(Code::kInvalid, "SAN \"{}\" is not an IP address", address);
    out += (out.empty() ? "IP:" : ",IP:") + address;
  }
  if (out.empty())
    return fail(Code::kInvalid, "a server certificate needs a DNS name or an IP address");
  return out;
}

void set_time(ASN1_TIME* to, WallTime time) {
  ASN1_TIME_set(to, static_cast<time_t>(
                        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

/// Version, serial, validity and key: what all certificates have.
Result<OpenSslPtr<X509>> new_certificate(EVP_PKEY* key, const Clock& clock, Duration validity) {
  OpenSslPtr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::array<unsigned char, 16> serial;
  if (RAND_bytes(serial.data(), serial.size()) != 1) return openssl_failed("random serial");
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive, always 16 bytes
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  const WallTime now = clock.wall();
  set_time(X509_getm_notBefore(certificate.get()), now - kBackdate);
  set_time(X509_getm_notAfter(certificate.get()), now + validity);
  if (X509_set_pubkey(certificate.get(), key) != 1) return openssl_failed("certificate key");
  return certificate;
}

struct Issuer {
  OpenSslPtr<X509> certificate;
  OpenSslPtr<EVP_PKEY> key;
};

Result<Issuer> read_issuer(const KeyPair& ca) {
  auto chain = TRY(in_context(read_certificates(ca.certificate_pem), "CA certificate"));
  auto key = TRY(in_context(read_private_key(ca.key_pem), "CA key"));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return fail(Code::kInvalid, "the CA's key does not fit its certificate");
  }
  if (X509_check_ca(chain.front().get()) == 0) {
    return fail(Code::kInvalid, "the certificate that is to issue another one is no CA's");
  }
  return Issuer{std::move(chain.front()), std::move(key)};
}

Result<KeyPair> sign(X509* certificate, EVP_PKEY* key, EVP_PKEY* signer) {
  if (X509_sign(certificate, signer, EVP_sha256()) == 0) return openssl_failed("signing");
  KeyPair pair;
  pair.certificate_pem =
      TRY(to_pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }));
  pair.key_pem = TRY(key_to_pem(key));
  return pair;
}

/// A leaf with everything but what makes it a server's or a client's.
Result<OpenSslPtr<X509>> new_leaf(const Issuer& issuer, EVP_PKEY* key, const Clock& clock,
                                  Duration validity, const char* usage) {
  auto leaf = TRY(new_certificate(key, clock, validity));
  X509* ca = issuer.certificate.get();
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca));
  TRY(add_extension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE"));
  TRY(add_extension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature"));
  TRY(add_extension(leaf.get(), ca, NID_ext_key_usage, usage));
  TRY(add_extension(leaf.get(), ca, NID_authority_key_identifier, "keyid:always"));
  return leaf;
}

}  // namespace

Result<KeyPair> make_ca(const std::string& common_name, const Clock& clock, Duration validity) {
  const auto key = TRY(new_key());
  const auto ca = TRY(new_certificate(key.get(), clock, validity));
  TRY(add_name(X509_get_subject_name(ca.get()), NID_commonName, common_name, kMaxName));
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  TRY(add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY(add_extension(ca.get(), ca.get(), NID_key_usage,
                    "critical,digitalSignature,keyCertSign,cRLSign"));
  TRY(add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash"));
  return sign(ca.get(), key.get(), key.get());
}

Result<KeyPair> issue_server(const KeyPair& ca, const ServerSubject& subject, const Clock& clock,
                             Duration validity) {
  const Issuer issuer = TRY(read_issuer(ca));
  const std::string names = TRY(alternative_names(subject));
  const auto key = TRY(new_key());
  const auto leaf = TRY(new_leaf(issuer, key.get(), clock, validity, "serverAuth"));
  TRY(add_name(X509_get_subject_name(leaf.get()), NID_commonName, subject.common_name, kMaxName));
  TRY(add_extension(leaf.get(), issuer.certificate.get(), NID_subject_alt_name, names.c_str()));
  return sign(leaf.get(), key.get(), issuer.key.get());
}

Result<KeyPair> issue_client(const KeyPair& ca, const ClientSubject& subject, const Clock& clock,
                             Duration validity) {
  const Issuer issuer = TRY(read_issuer(ca));
  const auto key = TRY(new_key());
  const auto leaf = TRY(new_leaf(issuer, key.get(), clock, validity, "clientAuth"));
  X509_NAME* name = X509_get_subject_name(leaf.get());
  for (const std::string& organization : subject.organizations) {
    TRY(add_name(name, NID_organizationName, organization, kMaxOrganization));
  }
  TRY(add_name(name, NID_commonName, subject.common_name, kMaxName));
  return sign(leaf.get(), key.get(), issuer.key.get());
}

Result<std::string> make_key() {
  const auto key = TRY(new_key());
  return key_to_pem(key.get());
}

Result<std::string> public_key_of(const std::string& key_pem) {
  const auto key = TRY(read_private_key(key_pem));
  return to_pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); });
}

}  // namespace nanika::base::x509
