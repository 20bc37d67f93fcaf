#include "apiserver/rest/parameters.h"
#include "base/base64.h"

namespace nanika::apiserver {

std::string encode_continue(const ContinueToken& token) {
  std::string text = base::to_json(
      json::object{{"v", "meta.k8s.io/v1"}, {"rv", token.revision}, {"start", token.after}});
  std::string out = base::base64_encode(text);
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

ApiResult<ContinueToken> decode_continue(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (padded.size() % 4 != 0) padded += '=';
  auto decoded = base::base64_decode(padded);
  if (!decoded) return api_fail(bad_request("continue key is not valid: illegal base64 data"));
  auto value = base::parse_json(*decoded);
  if (!value) return api_fail(bad_request("continue key is not valid: " + value.error().message));
  if (base::find_string(*value, "v") != "meta.k8s.io/v1")
    return api_fail(
        bad_request("continue key is not valid: server does not recognize this encoded "
                    "version"));
  ContinueToken out;
  out.after = base::find_string(*value, "start");
  const json::value* revision = base::find(*value, "rv");
  if (revision == nullptr || !revision->is_int64() || out.after.empty())
    return api_fail(
        bad_request("continue key is not valid: incorrect encoded start resourceVersion "
                    "(version meta.k8s.io/v1)"));
  out.revision = revision->get_int64();
  return out;
}

}  // namespace nanika::apiserver
