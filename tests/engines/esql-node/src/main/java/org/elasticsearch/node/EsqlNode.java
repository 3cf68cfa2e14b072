package org.elasticsearch.node;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.plugins.ClasspathPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/**
 * One Elasticsearch node with ES|QL in this process, on the loopback address. Its argument is a folder that it may fill; it prints
 * {@code READY PORT}, and ends when its standard input does: whoever started it cannot leave it behind.
 *
 * <p>It lives in this package because the constructor that takes a plugin service is visible here only.
 */
public final class EsqlNode extends Node {
    private EsqlNode(Environment environment, List<Class<? extends Plugin>> plugins) {
        super(NodeConstruction.prepareConstruction(environment, PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false),
            new NodeServiceProvider() {
                @Override
                PluginsService newPluginService(Environment inner, PluginsLoader loader) {
                    return ClasspathPlugins.service(inner, loader, plugins);
                }
            }, true));
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        for (String folder : List.of("config", "data", "logs")) {
            Files.createDirectories(home.resolve(folder));
        }
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "ERROR").build());
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("cluster.name", "siemc")
            .put("node.name", "siemc")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("transport.type", "netty4")
            .put("http.type", "netty4")
            .put("discovery.type", "single-node")
            .put("node.processors", 2)
            .put("cluster.max_shards_per_node", 10000)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "siemc");
        EsqlNode node = new EsqlNode(environment, List.of(
            org.elasticsearch.transport.netty4.Netty4Plugin.class,
            org.elasticsearch.xpack.core.XPackPlugin.class,
            org.elasticsearch.xpack.esql.core.plugin.EsqlCorePlugin.class,
            org.elasticsearch.xpack.kql.KqlPlugin.class,
            org.elasticsearch.xpack.esql.plugin.EsqlPlugin.class));
        node.start();
        int port = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        System.out.println("READY " + port);
        while (System.in.read() >= 0) {
            // Nothing is said here; the end is what counts.
        }
        Runtime.getRuntime().halt(0);
    }
}
