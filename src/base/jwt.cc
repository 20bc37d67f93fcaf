#include "base/jwt.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "base/openssl.h"

namespace nanika::base::jwt {

namespace {

constexpr size_t kMaxToken = 16 << 10;
constexpr size_t kMaxDepth = 16;
constexpr size_t kP256 = 32;
constexpr int kMinRsaBits = 2048;

template <class... Args>
std::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kUnauthenticated, format, std::forward<Args>(args)...);
}

bool is_p256(EVP_PKEY* key) {
  char group[64] = "";
  size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
         std::string_view(group) == "prime256v1";
}

Result<OpenSslPtr<EVP_PKEY>> read_key(const std::string& pem) {
  const OpenSslPtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (key == nullptr) return read_private_key(pem);
  return key;
}

Result<std::string> id_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return fail(Code::kInvalid, "the key has no public half: {}", openssl_error());
  const std::string digest = sha256({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return base64url_encode(digest);
}

/// JWS writes r and s with 32 bytes each (RFC 7518 section 3.4), OpenSSL speaks DER.
Result<std::string> raw_from_der(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  if (signature == nullptr) return fail(Code::kInternal, "ECDSA: {}", openssl_error());
  std::string raw(2 * kP256, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const bool good = BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, kP256) > 0 &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + kP256, kP256) > 0;
  ECDSA_SIG_free(signature);
  if (!good) return fail(Code::kInternal, "ECDSA: {}", openssl_error());
  return raw;
}

std::optional<std::string> der_from_raw(std::string_view raw) {
  if (raw.size() != 2 * kP256) return std::nullopt;
  const auto* in = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(in, kP256, nullptr), BN_bin2bn(in + kP256, kP256, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  ECDSA_SIG_free(signature);
  if (size <= 0) return std::nullopt;
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

class Es256Signer final : public Signer {
 public:
  Es256Signer(OpenSslPtr<EVP_PKEY> key, std::string id, std::string public_pem)
      : key_(std::move(key)), id_(std::move(id)), public_pem_(std::move(public_pem)) {
    head_ = base64url_encode(to_json(json::object{{"alg", "ES256"}, {"kid", id_}}));
  }

  Result<std::string> sign(const json::object& claims) const override {
    std::string token = head_ + "." + base64url_encode(to_json(claims));
    const OpenSslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(token.data());
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, data, token.size()) != 1) {
      return fail(Code::kInternal, "signing a token: {}", openssl_error());
    }
    std::string der(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, data,
                       token.size()) != 1) {
      return fail(Code::kInternal, "signing a token: {}", openssl_error());
    }
    der.resize(size);
    return token + "." + base64url_encode(TRY(raw_from_der(der)));
  }
  const std::string& key_id() const override { return id_; }
  const std::string& public_key_pem() const override { return public_pem_; }

 private:
  OpenSslPtr<EVP_PKEY> key_;
  std::string id_;
  std::string public_pem_;
  std::string head_;
};

struct Parts {
  std::string_view signed_part;
  json::object head;
  json::object claims;
  std::string signature;
};

Result<json::object> decode_object(std::string_view text) {
  const std::string raw = TRY(base64url_decode(text));
  DuplicateKeys duplicates;
  auto value = TRY(parse_json(raw, &duplicates, {.max_depth = kMaxDepth}));
  if (!value.is_object()) return fail(Code::kInvalid, "want a JSON object");
  // Two programs may read a repeated claim in two ways.
  if (!duplicates.empty()) return fail(Code::kInvalid, "duplicate key {}", duplicates.front());
  return std::move(value.get_object());
}

Result<Parts> split(std::string_view token) {
  if (token.size() > kMaxToken) return refuse("the token is larger than {} bytes", kMaxToken);
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return refuse("malformed token: want three parts");
  }
  auto head = decode_object(token.substr(0, first));
  auto claims = decode_object(token.substr(first + 1, second - first - 1));
  auto signature = base64url_decode(token.substr(second + 1));
  if (!head) return refuse("malformed token header: {}", head.error().message);
  if (!claims) return refuse("malformed token claims: {}", claims.error().message);
  if (!signature) return refuse("malformed token signature: {}", signature.error().message);
  return Parts{token.substr(0, second), std::move(*head), std::move(*claims),
               std::move(*signature)};
}

/// A NumericDate in seconds; nullopt when it is absent.
Result<std::optional<double>> date(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) return refuse("claim {} is not a number", name);
  const double seconds = value->to_number<double>();
  if (!std::isfinite(seconds)) return refuse("claim {} is out of range", name);
  return seconds;
}

Result<void> check_times(const json::object& claims, const Expectations& expect,
                         const Clock& clock) {
  const double now = std::chrono::duration<double>(clock.wall().time_since_epoch()).count();
  const double leeway = std::chrono::duration<double>(expect.leeway).count();
  const auto expiry = TRY(date(claims, "exp"));
  if (!expiry && expect.require_expiry) return refuse("the token has no expiry");
  if (expiry && now >= *expiry + leeway) return refuse("the token has expired");
  const auto not_before = TRY(date(claims, "nbf"));
  if (not_before && now + leeway < *not_before) return refuse("the token is not valid yet");
  const auto issued = TRY(date(claims, "iat"));
  if (issued && now + leeway < *issued) return refuse("the token was issued in the future");
  return {};
}

Result<void> check_parties(const json::object& claims, const Expectations& expect) {
  const json::value* issuer = claims.if_contains("iss");
  if (!expect.issuer.empty() && (issuer == nullptr || !issuer->is_string() ||
                                 std::string_view(issuer->get_string()) != expect.issuer)) {
    return refuse("the token's issuer is not {}", expect.issuer);
  }
  if (expect.audiences.empty()) return {};
  const json::value* audience = claims.if_contains("aud");
  const auto wanted = [&](const json::value& one) {
    return one.is_string() &&
           std::ranges::find(expect.audiences, std::string_view(one.get_string())) !=
               expect.audiences.end();
  };
  const bool good = audience != nullptr &&
                    (audience->is_array() ? std::ranges::any_of(audience->get_array(), wanted)
                                          : wanted(*audience));
  if (!good) return refuse("the token is for another audience");
  return {};
}

}  // namespace

Result<std::string> key_id(const std::string& key_pem) {
  const auto key = TRY(read_key(key_pem));
  return id_of(key.get());
}

Result<std::unique_ptr<Signer>> Signer::create(const std::string& key_pem) {
  auto key = TRY(read_private_key(key_pem));
  if (!is_p256(key.get())) return fail(Code::kInvalid, "a signing key must be EC P-256");
  std::string id = TRY(id_of(key.get()));
  const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1) {
    return fail(Code::kInternal, "public key: {}", openssl_error());
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::make_unique<Es256Signer>(std::move(key), std::move(id),
                                       std::string(data, static_cast<size_t>(size)));
}

Result<void> Verifier::add_key(const std::string& key_pem, std::string kid) {
  auto key = TRY(read_key(key_pem));
  std::string_view algorithm;
  if (is_p256(key.get())) {
    algorithm = "ES256";
  } else if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA &&
             EVP_PKEY_get_bits(key.get()) >= kMinRsaBits) {
    algorithm = "RS256";
  } else {
    return fail(Code::kInvalid, "a verification key must be EC P-256, or RSA of at least {} bits",
                kMinRsaBits);
  }
  if (kid.empty()) kid = TRY(id_of(key.get()));
  keys_.push_back({std::move(kid), algorithm, std::shared_ptr<EVP_PKEY>(std::move(key))});
  return {};
}

Result<void> Verifier::check_signature(std::string_view kid, std::string_view algorithm,
                                       std::string_view signed_part,
                                       std::string_view signature) const {
  bool known = false;
  for (const Key& key : keys_) {
    if ((!kid.empty() && key.kid != kid) || key.algorithm != algorithm) continue;
    known = true;
    std::string bytes(signature);
    if (algorithm == "ES256") {
      auto der = der_from_raw(signature);
      if (!der) return refuse("the token's signature has the wrong size");
      bytes = std::move(*der);
    }
    const OpenSslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const bool good =
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                         bytes.size(), reinterpret_cast<const unsigned char*>(signed_part.data()),
                         signed_part.size()) == 1;
    ERR_clear_error();
    if (good) return {};
  }
  return known ? refuse("the token's signature is wrong") : refuse("the token's key is not known");
}

Result<json::object> Verifier::verify(std::string_view token, const Expectations& expect,
                                      const Clock& clock) const {
  Parts parts = TRY(split(token));
  const json::value* algorithm = parts.head.if_contains("alg");
  if (algorithm == nullptr || (*algorithm != "ES256" && *algorithm != "RS256")) {
    return refuse("the token's algorithm is not allowed: want ES256 or RS256");
  }
  if (parts.head.contains("crit")) return refuse("the token has critical headers");
  std::string_view kid;
  if (const json::value* value = parts.head.if_contains("kid")) {
    if (!value->is_string() || value->get_string().empty()) return refuse("malformed kid");
    kid = value->get_string();
  }
  TRY(check_signature(kid, algorithm->get_string(), parts.signed_part, parts.signature));
  TRY(check_times(parts.claims, expect, clock));
  TRY(check_parties(parts.claims, expect));
  return std::move(parts.claims);
}

Result<json::object> unverified_claims(std::string_view token) {
  return TRY(split(token)).claims;
}

}  // namespace nanika::base::jwt
