package io.github.pumaspark.data.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** A real HDFS of one name node and one data node, in this process. */
public final class HdfsServer implements AutoCloseable {
  private final MiniDFSCluster cluster;

  private HdfsServer(MiniDFSCluster cluster) {
    this.cluster = cluster;
  }

  /** Starts it; its files are in a directory of this machine. */
  public static HdfsServer start(Path directory) throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.toString());
    MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    cluster.waitActive();
    return new HdfsServer(cluster);
  }

  /** A path on it, absolute; no client needs any setting to reach it. */
  public org.apache.hadoop.fs.Path path(String path) throws IOException {
    return new org.apache.hadoop.fs.Path(cluster.getFileSystem().getUri() + "/" + path);
  }

  @Override
  public void close() {
    cluster.close();
  }
}
