#include "ctl/near.hpp"

#include <gtest/gtest.h>

namespace townd::ctl {
namespace {

TEST(CtlNear, ASwapIsOneEdit) {
    EXPECT_EQ(edits_between("status", "status"), 0U);
    EXPECT_EQ(edits_between("satus", "status"), 1U);
    EXPECT_EQ(edits_between("sattus", "status"), 1U);
    EXPECT_EQ(edits_between("", "abc"), 3U);
}

TEST(CtlNear, OnlyWhatIsNearIsMeant) {
    const std::vector<std::string> known{"status", "towns", "town", "breakers"};
    EXPECT_EQ(did_you_mean("staus", known), "; did you mean 'status'?");
    EXPECT_EQ(did_you_mean("break", known), "; did you mean 'breakers'?");
    EXPECT_EQ(did_you_mean("zebra", known), "");
    EXPECT_EQ(did_you_mean(std::string(100'000, 'a'), known), "");
}

}  // namespace
}  // namespace townd::ctl
