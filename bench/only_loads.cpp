// Does nothing, with the libraries of wxpayctl loaded: what remains of a command's time is its own.
int main() { return 0; }
