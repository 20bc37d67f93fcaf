// Reading certificates: the half of x509.h that makes none.
#include <ctime>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "base/openssl.h"
#include "base/x509.h"

namespace nanika::base::x509 {

namespace {

Result<WallTime> time_of(const ASN1_TIME* time) {
  std::tm t{};
  if (ASN1_TIME_to_tm(time, &t) != 1)
    return fail(Code::kInvalid, "malformed time in a certificate");
  return WallTime(std::chrono::seconds(::timegm(&t)));
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

void read_names(X509* certificate, CertificateInfo& info) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      info.dns_names.emplace_back(bytes_of(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      const std::string_view raw = bytes_of(name->d.iPAddress);
      if (raw.size() != 4 && raw.size() != 16) continue;
      const Family family = raw.size() == 4 ? Family::kIPv4 : Family::kIPv6;
      info.ip_addresses.push_back(
          IpAddress::from_bytes(family, reinterpret_cast<const uint8_t*>(raw.data())).str());
    }
  }
  GENERAL_NAMES_free(names);
}

std::string serial_of(X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), nullptr);
  if (number == nullptr) return {};
  std::string raw(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(raw.data()));
  BN_free(number);
  return hex_encode(raw);
}

std::string common_name_of(X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
}

}  // namespace

Result<CertificateInfo> describe(const std::string& certificate_pem) {
  const auto chain = TRY(read_certificates(certificate_pem));
  X509* certificate = chain.front().get();
  PeerCertificate peer = describe_peer(*certificate);
  CertificateInfo info;
  info.common_name = std::move(peer.common_name);
  info.organizations = std::move(peer.organizations);
  info.fingerprint = std::move(peer.fingerprint);
  info.issuer_common_name = common_name_of(X509_get_issuer_name(certificate));
  info.serial = serial_of(certificate);
  info.is_ca = X509_check_ca(certificate) != 0;
  info.not_before = TRY(time_of(X509_get0_notBefore(certificate)));
  info.not_after = TRY(time_of(X509_get0_notAfter(certificate)));
  read_names(certificate, info);
  return info;
}

Result<void> check_key_fits(const std::string& certificate_pem, const std::string& key_pem) {
  const auto chain = TRY(read_certificates(certificate_pem));
  const auto key = TRY(read_private_key(key_pem));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    openssl_error();
    return fail(Code::kInvalid, "the private key does not fit the certificate");
  }
  return {};
}

Result<void> check_issued_by(const std::string& certificate_pem, const std::string& ca_pem) {
  const auto chain = TRY(read_certificates(certificate_pem));
  const auto cas = TRY(in_context(read_certificates(ca_pem), "CA"));
  for (const auto& ca : cas) {
    if (X509_check_issued(ca.get(), chain.front().get()) == X509_V_OK &&
        X509_verify(chain.front().get(), X509_get0_pubkey(ca.get())) == 1) {
      return {};
    }
  }
  openssl_error();
  return fail(Code::kInvalid, "the certificate was not issued by this CA");
}

}  // namespace nanika::base::x509
