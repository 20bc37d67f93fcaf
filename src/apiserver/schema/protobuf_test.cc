#include "apiserver/schema/protobuf.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/schema/builtin.h"
#include "base/base64.h"
#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

using testing::HasSubstr;

struct Vector {
  std::string name, api_version, kind, body;
  json::value want;
};

void drop_nulls(json::value& v) {
  if (auto* object = v.if_object()) {
    for (auto it = object->begin(); it != object->end();) {
      if (it->value().is_null()) {
        it = object->erase(it);
      } else {
        drop_nulls((it++)->value());
      }
    }
  } else if (auto* array = v.if_array()) {
    for (auto& item : *array) drop_nulls(item);
  }
}

/// Bodies that Kubernetes' own serializer wrote, with the JSON it wrote of the same objects.
std::vector<Vector> vectors() {
  std::ifstream in(NANIKA_SOURCE_DIR "/src/apiserver/schema/testdata/protobuf_vectors.txt");
  std::vector<Vector> all;
  Vector v;
  std::string encoded, text;
  in.ignore(1 << 20, '\n');
  while (in >> v.name >> v.api_version >> v.kind >> encoded && std::getline(in >> std::ws, text)) {
    v.body = *base::base64_decode(encoded);
    v.want = *base::parse_json(text);
    all.push_back(v);
  }
  return all;
}

TEST(Protobuf, ReadsEveryKindAsUpstreamWritesItInJson) {
  auto all = vectors();
  ASSERT_GT(all.size(), 40u);
  for (Vector& v : all) {
    SCOPED_TRACE(v.name + " " + v.api_version + " " + v.kind);
    auto got = decode_protobuf(v.body, {});
    ASSERT_TRUE(got) << got.error().message;
    drop_nulls(v.want);
    json::value have = *got;
    drop_nulls(have);  // of free-form JSON
    EXPECT_TRUE(base::json_equal(have, v.want))
        << "have " << base::to_json(have) << "\nwant " << base::to_json(v.want);
  }
}

TEST(Protobuf, BrokenBytesAreRefusedAndNeverCrash) {
  for (const Vector& v : vectors()) {
    unsigned seed = 1;
    for (int i = 0; i < 300; ++i) {
      std::string body = v.body;
      seed = seed * 1103515245 + 12345;
      if (i % 3 == 0) {
        body.resize(seed % body.size());
      } else {
        body[4 + seed % (body.size() - 4)] ^= static_cast<char>(1 << (i % 8));
      }
      auto got = decode_protobuf(body, {});
      if (!got) EXPECT_FALSE(got.error().message.empty());
    }
  }
}

std::string envelope(std::string_view message, std::string_view type = "") {
  std::string body("k8s\0", 4);
  if (!type.empty())
    body += "\x0a" + std::string(1, static_cast<char>(type.size())) + std::string(type);
  return body + "\x12" + std::string(1, static_cast<char>(message.size())) + std::string(message);
}

TEST(Protobuf, TheEndpointSaysTheKindWhenTheEnvelopeDoesNot) {
  auto got = decode_protobuf(envelope("\x0a\x03\x0a\x01x"), {"v1", "ConfigMap"});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(base::to_json(*got),
            R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"}})");
}

TEST(Protobuf, DeleteOptionsOfAnyGroup) {
  std::string message(
      "\x08\x00\x22\x0a"
      "Background",
      14);
  auto got = decode_protobuf(envelope(message,
                                      "\x0a\x07"
                                      "apps/v1\x12\x0d"
                                      "DeleteOptions"),
                             {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(base::to_json(*got),
            R"({"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0,)"
            R"("propagationPolicy":"Background"})");
}

TEST(Protobuf, SkipsUnknownFieldsAndTakesPackedNumbers) {
  const Schema* security = builtin_schemas().find("io.k8s.api.core.v1.PodSecurityContext");
  ASSERT_NE(security, nullptr);
  // 1000 is unknown; supplementalGroups (4) packed, then one by one.
  auto got = decode_message("\xc2\x3e\x02zz\x22\x02\x05\x06\x20\x07", *security);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(base::to_json(*got), R"({"supplementalGroups":[5,6,7]})");
}

TEST(Protobuf, SaysWhatIsWrongAndWhere) {
  auto error = [](std::string_view body, TypeMeta type) {
    auto got = decode_protobuf(body, type);
    return got ? "" : got.error().message;
  };
  EXPECT_THAT(error("{}", {"v1", "Pod"}), HasSubstr("expected prefix [107 56 115 0]"));
  EXPECT_THAT(error(envelope(""), {"a.dev/v1", "Custom"}), HasSubstr("send application/json"));
  EXPECT_EQ(error(envelope("\x0a\x02\x08\x01"), {"v1", "Pod"}),
            "Pod: metadata: name: proto: wrong wireType = 0");
  EXPECT_EQ(error(envelope("\x0a\x03\x0a\x01\xff"), {"v1", "Pod"}),
            "Pod: metadata: name: proto: string field contains invalid UTF-8");
  EXPECT_EQ(error(envelope("\x0a\x7f"), {"v1", "Pod"}), "Pod: proto: unexpected end of input");
}

TEST(Protobuf, NestingIsBounded) {
  const Schema* props = builtin_schemas().find(
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  std::string message;
  for (int i = 0; i < 40; ++i) {  // not (28) in not in not ...
    std::string length;
    for (size_t n = message.size();; n >>= 7) {
      length += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
      if (n <= 0x7f) break;
    }
    message = "\xe2\x01" + length + message;
    if (i == 30) EXPECT_TRUE(decode_message(message, *props));
  }
  for (int i = 0; i < 80; ++i)
    message = "\xe2\x01" +
              std::string{static_cast<char>((message.size() & 0x7f) | 0x80),
                          static_cast<char>(message.size() >> 7)} +
              message;
  auto got = decode_message(message, *props);
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("nested more than 100 deep"));
}

}  // namespace
}  // namespace nanika::apiserver::schema
