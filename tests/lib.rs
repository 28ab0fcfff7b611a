//! Tests over the whole system. Each folder beside this file is one test program; there is no library code.
