#include "apiserver/registry/pod_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver {
namespace {

json::value pod_of(std::string_view spec) {
  return *base::parse_json(fmt::format(R"({{"metadata":{{"name":"p"}},"spec":{}}})", spec));
}

FindServiceAccount account(std::string text) {
  return [text](std::string_view) { return std::optional(*base::parse_json(text)); };
}

TEST(PodAdmission, MountsTheTokenIntoEveryContainer) {
  json::value pod = pod_of(
      R"({"initContainers":[{"name":"i"}],"containers":[{"name":"c"},{"name":"d","volumeMounts":[
         {"name":"own","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]})");
  ASSERT_TRUE(admit_pod(pod, "shop", account(R"({"imagePullSecrets":[{"name":"reg"}]})")));
  const json::value& spec = pod.at("spec");
  EXPECT_EQ(spec.at("serviceAccountName"), "default");
  std::string_view volume = spec.at("volumes").at(0).at("name").as_string();
  EXPECT_THAT(std::string(volume), testing::MatchesRegex("kube-api-access-[a-z0-9]{5}"));
  EXPECT_EQ(spec.at_pointer("/initContainers/0/volumeMounts/0/name").as_string(), volume);
  EXPECT_EQ(spec.at_pointer("/containers/0/volumeMounts/0/readOnly"), true);
  EXPECT_EQ(spec.at_pointer("/containers/1/volumeMounts").as_array().size(), 1u);
  EXPECT_EQ(spec.at_pointer("/volumes/0/projected/sources/0/serviceAccountToken/expirationSeconds"),
            3607);
  EXPECT_EQ(spec.at_pointer("/imagePullSecrets/0/name"), "reg");
}

TEST(PodAdmission, PodThenAccountSayWhetherToMount) {
  json::value pod = pod_of(R"({"containers":[{"name":"c"}]})");
  ASSERT_TRUE(admit_pod(pod, "shop", account(R"({"automountServiceAccountToken":false})")));
  EXPECT_FALSE(pod.at("spec").as_object().contains("volumes"));
  pod = pod_of(R"({"automountServiceAccountToken":true,"containers":[{"name":"c"}]})");
  ASSERT_TRUE(admit_pod(pod, "shop", account(R"({"automountServiceAccountToken":false})")));
  EXPECT_TRUE(pod.at("spec").as_object().contains("volumes"));
}

TEST(PodAdmission, AnAccountThatIsNotThere) {
  auto none = [](std::string_view) { return std::optional<json::value>(); };
  json::value pod = pod_of(R"({"serviceAccountName":"robot","containers":[{"name":"c"}]})");
  auto refused = admit_pod(pod, "shop", none);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "pods \"p\" is forbidden: error looking up service account shop/robot: serviceaccount "
            "\"robot\" not found");
  pod = pod_of(R"({"containers":[{"name":"c"}]})");
  EXPECT_TRUE(admit_pod(pod, "shop", none));
}

}  // namespace
}  // namespace nanika::apiserver
