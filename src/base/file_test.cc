#include "base/file.h"

#include <filesystem>
#include <set>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

namespace nanika::base {
namespace {

using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_dirs(dir_, 0700)); }
  void TearDown() override { EXPECT_TRUE(remove_all(dir_)); }
  std::string dir_ = testing::TempDir() + "nanika-file-" + random_name_suffix();
};

TEST_F(FileTest, WritesAllOrNothing) {
  std::string path = dir_ + "/a";
  ASSERT_TRUE(write_file_atomic(path, "one", 0600));
  ASSERT_TRUE(write_file_atomic(path, "two", 0640));
  EXPECT_EQ(read_file(path), "two");
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  EXPECT_FALSE(write_file_atomic(dir_ + "/none/a", "x"));
  ASSERT_TRUE(make_dirs(dir_ + "/folder"));
  EXPECT_FALSE(write_file_atomic(dir_ + "/folder", "x"));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_)) files++;
  EXPECT_EQ(files, 2u);  // no temporary is left
}

TEST_F(FileTest, BoundsWhatItReads) {
  std::string path = dir_ + "/a";
  std::string data = random_bytes(100000);
  ASSERT_TRUE(write_file_atomic(path, data));
  EXPECT_EQ(read_file(path), data);
  EXPECT_EQ(read_file(path, 100000), data);
  EXPECT_EQ(read_file(path, 99999).error().code, Code::kTooLarge);
  EXPECT_EQ(read_file(dir_ + "/none").error().code, Code::kNotFound);
  EXPECT_THAT(read_file(dir_ + "/none").error().message, HasSubstr(dir_ + "/none: No such file"));
  EXPECT_THAT(*read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST_F(FileTest, MakesFoldersOnce) {
  ASSERT_TRUE(make_dirs(dir_ + "/a/b/c", 0700));
  ASSERT_TRUE(make_dirs(dir_ + "/a/b/c", 0755));
  struct stat info{};
  ASSERT_EQ(::stat((dir_ + "/a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_TRUE(write_file_atomic(dir_ + "/f", ""));
  EXPECT_THAT(make_dirs(dir_ + "/f/g").error().message, HasSubstr("not a folder"));
}

TEST_F(FileTest, LocksOnce) {
  {
    auto first = FileLock::acquire(dir_ + "/lock");
    ASSERT_TRUE(first);
    EXPECT_EQ(FileLock::acquire(dir_ + "/lock").error().code, Code::kConflict);
  }
  EXPECT_TRUE(FileLock::acquire(dir_ + "/lock"));
}

TEST(UniqueFd, ClosesOnce) {
  UniqueFd a(::open("/dev/null", O_RDONLY));
  int raw = a.get();
  UniqueFd b(std::move(a));
  EXPECT_EQ(b.get(), raw);
  b.reset();
  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

TEST(Random, NamesAndUuids) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; i++) {
    std::string uuid = random_uuid();
    EXPECT_THAT(uuid,
                testing::MatchesRegex("[0-9a-f]*-[0-9a-f]*-4[0-9a-f]*-[89ab][0-9a-f]*-[0-9a-f]*"));
    EXPECT_EQ(uuid.size(), 36u);
    EXPECT_TRUE(seen.insert(uuid).second);
    EXPECT_THAT(random_name_suffix(), testing::MatchesRegex("[bcdfghjklmnpqrstvwxz2456789]*"));
  }
  EXPECT_EQ(random_name_suffix().size(), 5u);
  std::array<int, 3> counts{};
  for (int i = 0; i < 3000; i++) counts[random_below(3)]++;
  for (int count : counts) EXPECT_NEAR(count, 1000, 200);
}

}  // namespace
}  // namespace nanika::base
