// Replaces a file as Go programs do: a temporary file in the same folder is
// written and renamed over it.
// usage: replace plain|synced FILE NEW
// With `synced` the temporary file is synced before the rename and the folder
// after it. Build it with: go build -o /tmp/replace_go replace.go
package main

import (
	"log"
	"os"
	"path/filepath"
)

func try(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	synced, path := os.Args[1] == "synced", os.Args[2]
	content, err := os.ReadFile(os.Args[3])
	try(err)
	file, err := os.CreateTemp(filepath.Dir(path), "replace")
	try(err)
	_, err = file.Write(content)
	try(err)
	if synced {
		try(file.Sync())
	}
	try(file.Close())
	try(os.Rename(file.Name(), path))
	if synced {
		folder, err := os.Open(filepath.Dir(path))
		try(err)
		try(folder.Sync())
	}
}
