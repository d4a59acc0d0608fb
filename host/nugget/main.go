// Command nugget hands what a large language model knows about a task to a smaller
// one, as a PEFT adapter.
package main

func main() {}
