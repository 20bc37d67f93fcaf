#include "apiserver/auth/pki.h"

#include <algorithm>

#include "base/base64.h"
#include "base/file.h"
#include "base/ip.h"

namespace nanika::apiserver {

namespace {

using base::Code;
using base::Result;
using base::x509::KeyPair;

constexpr auto kRenewBefore = std::chrono::days(30);

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  /// Nothing when there is no such file.
  Result<std::optional<std::string>> read(const std::string& name) const {
    auto text = base::read_file(path_ + "/" + name, 1 << 20);
    if (text) return std::optional<std::string>(std::move(*text));
    if (text.error().code == Code::kNotFound) return std::optional<std::string>();
    return std::unexpected(text.error());
  }
  Result<void> write(const std::string& name, const std::string& text) const {
    return base::write_file_atomic(path_ + "/" + name, text, 0600);
  }
  Result<std::optional<KeyPair>> read_pair(const std::string& name) const {
    auto certificate = TRY(read(name + ".crt"));
    auto key = TRY(read(name + ".key"));
    if (!certificate || !key) return std::optional<KeyPair>();
    TRY(base::in_context(base::x509::check_key_fits(*certificate, *key), path_ + "/" + name));
    return std::optional<KeyPair>(KeyPair{std::move(*certificate), std::move(*key)});
  }
  Result<void> write_pair(const std::string& name, const KeyPair& pair) const {
    TRY(write(name + ".key", pair.key_pem));
    return write(name + ".crt", pair.certificate_pem);
  }

 private:
  std::string path_;
};

// An address in one spelling, a name as it is.
std::string canonical(const std::string& name) {
  auto address = base::IpAddress::parse(name);
  return address ? address->str() : name;
}

bool is_address(const std::string& name) {
  return base::IpAddress::parse(name).has_value();
}

bool good_for(const KeyPair& pair, const std::string& ca_pem, const std::vector<std::string>& names,
              const base::Clock& clock) {
  auto info = base::x509::describe(pair.certificate_pem);
  if (!info || info->not_after < clock.wall() + kRenewBefore) return false;
  if (!base::x509::check_issued_by(pair.certificate_pem, ca_pem)) return false;
  return std::ranges::all_of(names, [&](const std::string& name) {
    return std::ranges::find(info->dns_names, name) != info->dns_names.end() ||
           std::ranges::find(info->ip_addresses, canonical(name)) != info->ip_addresses.end();
  });
}

Result<KeyPair> server_pair(const Folder& folder, const KeyPair& ca,
                            const std::vector<std::string>& names, const base::Clock& clock) {
  auto held = TRY(folder.read_pair("apiserver"));
  if (held && good_for(*held, ca.certificate_pem, names, clock)) return std::move(*held);
  base::x509::ServerSubject subject{.common_name = "kube-apiserver"};
  for (const std::string& name : names) {
    if (is_address(name))
      subject.ip_addresses.push_back(canonical(name));
    else
      subject.dns_names.push_back(name);
  }
  KeyPair pair = TRY(base::x509::issue_server(ca, subject, clock));
  TRY(folder.write_pair("apiserver", pair));
  return pair;
}

Result<KeyPair> admin_pair(const Folder& folder, const KeyPair& ca, const base::Clock& clock) {
  auto held = TRY(folder.read_pair("admin"));
  if (held && good_for(*held, ca.certificate_pem, {}, clock)) return std::move(*held);
  KeyPair pair = TRY(base::x509::issue_client(
      ca, {.common_name = "kubernetes-admin", .organizations = {"system:masters"}}, clock));
  TRY(folder.write_pair("admin", pair));
  return pair;
}

}  // namespace

Result<Pki> load_pki(const std::string& path, const std::vector<std::string>& names,
                     const base::Clock& clock) {
  TRY(base::make_dirs(path, 0700));
  Folder folder(path);
  auto ca = TRY(folder.read_pair("ca"));
  if (!ca) {
    ca = TRY(base::x509::make_ca("kubernetes", clock));
    TRY(folder.write_pair("ca", *ca));
  }
  auto token_key = TRY(folder.read("sa.key"));
  if (!token_key) {
    token_key = TRY(base::x509::make_key());
    TRY(folder.write("sa.key", *token_key));
  }
  return Pki{.ca_pem = ca->certificate_pem,
             .server = TRY(server_pair(folder, *ca, names, clock)),
             .admin = TRY(admin_pair(folder, *ca, clock)),
             .token_key_pem = std::move(*token_key)};
}

std::string make_kubeconfig(const std::string& url, const std::string& ca_pem,
                            const KeyPair& client, const std::string& user) {
  return fmt::format(R"(apiVersion: v1
kind: Config
clusters:
- name: nanika
  cluster:
    server: {}
    certificate-authority-data: {}
users:
- name: {}
  user:
    client-certificate-data: {}
    client-key-data: {}
contexts:
- name: nanika
  context:
    cluster: nanika
    user: {}
current-context: nanika
)",
                     url, base::base64_encode(ca_pem), user,
                     base::base64_encode(client.certificate_pem),
                     base::base64_encode(client.key_pem), user);
}

}  // namespace nanika::apiserver
