/*
 * A program that calls libntfs-3g: what licence_test.cc must find wherever it
 * is linked. The test reads the program and its parts, and does not run it.
 */

int ntfs_set_char_encoding(const char* locale);

int main(void) { return ntfs_set_char_encoding("C"); }
