// Every page in dark colours: what can be read in the light can be read there.

export async function seeInTheDark(world) {
  const { page, close, go } = await world.open({ colorScheme: 'dark' });
  const { instances } = await world.ask('/instances?processId=page-stops');
  const views = ['/processes', '/processes/page-stops', '/instances', `/instances/${instances[0].instanceId}`, '/inbox', '/dashboard', '/mail', '/editor?process=page-stops'];
  for (const view of views) {
    world.begin(`seeing ${view.split('?')[0]} in the dark`);
    await go(view);
    await world.look(page, `dark${view.replace(/[^a-z]+/g, '-').slice(0, 20)}`);
  }
  world.begin('drawing in the dark');
  await page.getByTestId('mode-draw').click();
  await page.getByTestId('modeler').locator('.djs-palette .entry').first().waitFor();
  await world.look(page, 'dark-draw');
  await close();
}
