#include <cstdio>

int main() { std::puts("nanika"); }
