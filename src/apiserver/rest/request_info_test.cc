#include "apiserver/rest/request_info.h"

#include <gtest/gtest.h>

namespace nanika::apiserver {
namespace {

RequestInfo parse(std::string method, std::string target) {
  base::http::Request request{.method = std::move(method), .target = std::move(target)};
  auto query = base::http::Query::parse(request.raw_query());
  return RequestInfo::parse(request, *query);
}

// verb group/version namespace resource/subresource name
std::string text(const RequestInfo& i) {
  if (!i.is_resource) return i.verb + " " + i.path;
  return fmt::format("{} {}/{} {} {}/{} {}", i.verb, i.group, i.version, i.namespace_, i.resource,
                     i.subresource, i.name);
}

TEST(RequestInfo, ReadsUrlsAsUpstream) {
  EXPECT_EQ(text(parse("GET", "/api/v1/pods")), "list /v1  pods/ ");
  EXPECT_EQ(text(parse("GET", "/api/v1/namespaces/shop/pods/web")), "get /v1 shop pods/ web");
  EXPECT_EQ(text(parse("PUT", "/api/v1/namespaces/shop/pods/web/status")),
            "update /v1 shop pods/status web");
  EXPECT_EQ(text(parse("POST", "/apis/apps/v1/namespaces/shop/deployments")),
            "create apps/v1 shop deployments/ ");
  EXPECT_EQ(text(parse("DELETE", "/api/v1/namespaces/shop/pods")),
            "deletecollection /v1 shop pods/ ");
  EXPECT_EQ(text(parse("GET", "/api/v1/pods?watch=true")), "watch /v1  pods/ ");
  EXPECT_EQ(text(parse("GET", "/api/v1/watch/namespaces/shop/pods")), "watch /v1 shop pods/ ");
  EXPECT_EQ(text(parse("GET", "/api/v1/namespaces")), "list /v1  namespaces/ ");
  EXPECT_EQ(text(parse("GET", "/api/v1/namespaces/shop")), "get /v1 shop namespaces/ shop");
  EXPECT_EQ(text(parse("PUT", "/api/v1/namespaces/shop/finalize")),
            "update /v1 shop namespaces/finalize shop");
  EXPECT_EQ(text(parse("GET", "/api/v1/nodes/a%2Fb")), "get /v1  nodes/ a/b");
}

TEST(RequestInfo, TakesTheNameOutOfAFieldSelector) {
  EXPECT_EQ(text(parse("GET", "/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Dweb")),
            "list /v1 shop pods/ web");
}

TEST(RequestInfo, KnowsWhatIsNoResource) {
  EXPECT_EQ(text(parse("GET", "/version")), "get /version");
  EXPECT_EQ(text(parse("GET", "/api/v1")), "get /api/v1");
  EXPECT_EQ(text(parse("GET", "/apis/apps/v1")), "get /apis/apps/v1");
  EXPECT_EQ(text(parse("POST", "/healthz")), "post /healthz");
}

}  // namespace
}  // namespace nanika::apiserver
